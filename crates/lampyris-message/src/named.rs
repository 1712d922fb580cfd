//! Enums whose variants have a fixed list and one name each: the names are part of the format.
//!
//! Only the macro; it gives `ALL`, `name`, `meaning`, `from_name` and `Display`. The meaning is the
//! variant's own documentation.

/// Declares an enum whose variants have a fixed list and a name each.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $says:literal])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $says])* $variant,)* }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name, as records, answers and the documentation spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it stands for, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($says),*).trim_ascii(),)* }
            }

            /// The one with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

pub(crate) use named;
