//! Random numbers that can be drawn again: each test's seed comes from the environment or is fixed.
//! Nothing here asserts.

/// A stream of numbers that depends on its seed alone.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        let mut dice = Dice(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.next();
        dice
    }

    /// The dice of a test, with its seed printed.
    pub(crate) fn of(test: &str) -> Dice {
        let seed = std::env::var("LAMPYRIS_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(1);
        println!("{test}: LAMPYRIS_TEST_SEED={seed}");
        Dice::new(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_be_bytes()).flatten().take(length).collect()
    }
}

/// Number of samples, scaled by the environment.
pub(crate) fn samples(default: usize) -> usize {
    default * scale()
}

/// What `LAMPYRIS_TEST_SCALE` says, or 1.
pub(crate) fn scale() -> usize {
    std::env::var("LAMPYRIS_TEST_SCALE").ok().and_then(|scale| scale.parse().ok()).unwrap_or(1)
}
