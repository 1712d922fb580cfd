//! A list that only grows, in chunks: growing never holds the old and the new memory at once.

/// Values, numbered from 0.
#[derive(Debug)]
pub(super) struct Chunks<T> {
    // Invariant: all but the last have `CHUNK` values.
    chunks: Vec<Vec<T>>,
}

const CHUNK: usize = 1024;

impl<T> Chunks<T> {
    /// Adds a value, which gets the number [`len`](Self::len) had.
    pub(super) fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(value),
            Some(_) | None => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(value);
                self.chunks.push(chunk);
            }
        }
    }

    /// The value with this number.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.chunks.get(number / CHUNK)?.get(number % CHUNK)
    }

    /// The value with this number, to change it.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let number = number as usize;
        self.chunks.get_mut(number / CHUNK)?.get_mut(number % CHUNK)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}
