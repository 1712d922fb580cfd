//! A histogram as a picture: a bar a bucket, stacked by type, that any browser shows.
//!
//! It needs no font and no script, and says what it shows to those who cannot see it.

use std::collections::BTreeSet;
use std::fmt::Write;

use lampyris_projection::Bucket;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 320.0;
/// Room for the words around the bars.
const LEFT: f64 = 64.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 56.0;
/// Colours that people who see colours otherwise can tell apart.
const COLOURS: &[&str] =
    &["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"];

/// The picture.
#[expect(clippy::cast_precision_loss, reason = "a picture is not more exact than its pixels")]
pub(super) fn drawn(buckets: &[Bucket], title: &str) -> String {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or_default().max(1);
    let types: BTreeSet<&str> =
        buckets.iter().flat_map(|bucket| bucket.types.keys()).map(String::as_str).collect();
    let room = HEIGHT - TOP - BOTTOM;
    let step = (WIDTH - LEFT) / buckets.len().max(1) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{}</title>\n\
         <text x=\"{LEFT}\" y=\"16\">{}</text>\n",
        escaped(title),
        escaped(title)
    );
    for (share, count) in [(0.0, 0), (0.5, most / 2), (1.0, most)] {
        let y = HEIGHT - BOTTOM - room * share;
        line(
            &mut svg,
            &format!(
                "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ccc\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{count}</text>",
                LEFT - 6.0,
                y + 4.0
            ),
        );
    }
    for (number, bucket) in buckets.iter().enumerate() {
        let (x, mut y) = (LEFT + step * number as f64, HEIGHT - BOTTOM);
        for (at, name) in types.iter().enumerate() {
            let Some(count) = bucket.types.get(*name) else { continue };
            let height = room * *count as f64 / most as f64;
            y -= height;
            line(
                &mut svg,
                &format!(
                    "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{:.2}\" height=\"{height:.2}\" fill=\"{}\">\
                 <title>{}: {count} {}</title></rect>",
                    (step * 0.9).max(0.1),
                    colour(at),
                    super::begin(bucket),
                    escaped(name)
                ),
            );
        }
    }
    words(&mut svg, buckets, &types, step);
    svg.push_str("</svg>\n");
    svg
}

/// The times at the ends, and which colour is which type.
#[expect(clippy::cast_precision_loss, reason = "a picture is not more exact than its pixels")]
fn words(svg: &mut String, buckets: &[Bucket], types: &BTreeSet<&str>, step: f64) {
    for (bucket, x, anchor) in
        [(buckets.first(), LEFT, "start"), (buckets.last(), WIDTH - step, "end")]
    {
        let begin = bucket.map(super::begin).unwrap_or_default();
        line(
            svg,
            &format!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{begin}</text>",
                HEIGHT - BOTTOM + 18.0
            ),
        );
    }
    let mut x = LEFT;
    for (at, name) in types.iter().enumerate() {
        let y = HEIGHT - 14.0;
        line(
            svg,
            &format!(
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{}\"/>\
             <text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                y - 10.0,
                colour(at),
                x + 14.0,
                escaped(name)
            ),
        );
        x += 30.0 + 7.0 * name.chars().count() as f64;
    }
}

fn colour(at: usize) -> &'static str {
    COLOURS.get(at % COLOURS.len()).copied().unwrap_or("#999999")
}

fn line(svg: &mut String, text: &str) {
    // Writing to a text cannot fail.
    let _written = writeln!(svg, "{text}");
}

/// A text as it may stand in a picture: what has a meaning there is spelled out, what has no place is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for symbol in text.chars().filter(|symbol| !symbol.is_control()) {
        match symbol {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}
