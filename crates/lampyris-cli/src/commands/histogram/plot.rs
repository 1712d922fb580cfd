//! A histogram in the terminal: a line a bucket, a letter a type.

use std::collections::BTreeSet;

use lampyris_projection::Bucket;

/// How long the longest bar is.
const WIDTH: u64 = 50;
/// The letters that types are drawn with, in their order.
const LETTERS: &[char] = &['#', '=', '+', ':', '*', '%', 'o', 'x'];

/// The plot.
pub(super) fn drawn(buckets: &[Bucket]) -> String {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or_default().max(1);
    let types: BTreeSet<&str> =
        buckets.iter().flat_map(|bucket| bucket.types.keys()).map(String::as_str).collect();
    let letter = |name: &str| {
        let at = types.iter().position(|found| *found == name).unwrap_or_default();
        LETTERS.get(at % LETTERS.len()).copied().unwrap_or('#')
    };
    let mut text = String::new();
    for bucket in buckets {
        let mut bar = String::new();
        let (mut counted, mut drawn) = (0_u64, 0);
        for (name, count) in &bucket.types {
            counted += count;
            // Rounded up, so that one message among many is seen.
            let end = (u128::from(counted) * u128::from(WIDTH)).div_ceil(u128::from(most));
            let end = u64::try_from(end).unwrap_or(WIDTH);
            bar.extend((drawn..end).map(|_| letter(name)));
            drawn = drawn.max(end);
        }
        let begin = super::begin(bucket);
        text.push_str(format!("{begin:<30} {bar:<50} {}\n", bucket.count).trim_start());
    }
    for name in &types {
        text.extend([letter(name).to_string().as_str(), " ", &crate::output::plain(name), "\n"]);
    }
    text
}
