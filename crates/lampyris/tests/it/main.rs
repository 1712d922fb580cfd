//! The engine from outside.

mod stream;
mod stream_robust;
