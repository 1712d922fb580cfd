//! The enums of a message: its state, its type, the transaction it goes with, and their kin.
//! A parser here never accepts an unknown value; a field that may hold one is an [`Open`].
//!
//! [`Open`]: crate::open::Open

use std::fmt;

use crate::open::Vocabulary;
use crate::scalar::ScalarError;

/// Declares one enum whose values are written in lower case.
macro_rules! kind {
    (
        $(#[$doc:meta])* $name:ident, $type_name:literal,
        { $( $(#[$value_doc:meta])* $value:ident = $text:literal ),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$value_doc])* $value ),+ }

        impl $name {
            /// Every value, in upstream's order.
            pub const ALL: &'static [Self] = &[$( Self::$value ),+];

            /// Upstream's name of the enum.
            pub const TYPE_NAME: &'static str = $type_name;

            /// The value as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$value => $text ),+ }
            }

            /// The value that `text` spells, whatever its case.
            ///
            /// # Errors
            /// If it spells none: `FF00172`.
            pub fn parse(text: &str) -> Result<Self, ScalarError> {
                find(text, $type_name)
            }
        }

        impl Vocabulary for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

kind! {
    /// Where a message is on its way.
    MessageState, "messagestate",
    {
        /// Created here, not yet ready to send.
        Staged = "staged",
        /// Created here, ready to send.
        Ready = "ready",
        /// Created here and sent in a batch.
        Sent = "sent",
        /// Received, or on the ledger, and waiting for its turn.
        Pending = "pending",
        /// All that had to be confirmed is.
        Confirmed = "confirmed",
        /// Complete, but refused.
        Rejected = "rejected",
        /// Given up without being sent.
        Cancelled = "cancelled",
    }
}
kind! {
    /// What a message is for.
    MessageType, "messagetype",
    {
        /// The definition of something in the network: a datatype, an identity.
        Definition = "definition",
        /// Seen by all.
        Broadcast = "broadcast",
        /// Seen by the members of a group.
        Private = "private",
        /// The definition of a group, sent to its members.
        GroupInit = "groupinit",
        /// Deprecated by upstream: a broadcast on a token transfer.
        TransferBroadcast = "transfer_broadcast",
        /// Deprecated by upstream: a private message on a token transfer.
        TransferPrivate = "transfer_private",
        /// Deprecated by upstream: a broadcast on a token approval.
        ApprovalBroadcast = "approval_broadcast",
        /// Deprecated by upstream: a private message on a token approval.
        ApprovalPrivate = "approval_private",
    }
}
kind! {
    /// What a FireFly transaction does.
    TxType, "txtype",
    {
        /// Deprecated by upstream.
        None = "none",
        /// Sends a batch without writing to the ledger.
        Unpinned = "unpinned",
        /// Sends a batch and pins it to the ledger.
        BatchPin = "batch_pin",
        /// An action of the network's operators.
        NetworkAction = "network_action",
        /// Creates a token pool.
        TokenPool = "token_pool",
        /// Transfers tokens.
        TokenTransfer = "token_transfer",
        /// Deploys a contract.
        ContractDeploy = "contract_deploy",
        /// Invokes a contract.
        ContractInvoke = "contract_invoke",
        /// Invokes a contract that pins a batch.
        ContractInvokePin = "contract_invoke_pin",
        /// Approves the use of tokens.
        TokenApproval = "token_approval",
        /// Publishes data to shared storage.
        DataPublish = "data_publish",
    }
}
kind! {
    /// How a data element is checked.
    ValidatorType, "validatortype",
    {
        /// Against a JSON schema.
        Json = "json",
        /// Not at all.
        None = "none",
        /// As a definition.
        Definition = "definition",
    }
}
kind! {
    /// How a batch travels.
    BatchType, "batchtype",
    {
        /// By shared storage, to all.
        Broadcast = "broadcast",
        /// By data exchange, to the members of a group.
        Private = "private",
    }
}
kind! {
    /// What kind of identity one is.
    IdentityType, "identitytype",
    {
        /// An organisation.
        Org = "org",
        /// A node of one.
        Node = "node",
        /// One that an application defines within a namespace.
        Custom = "custom",
    }
}

/// The value of the enum called `type_name` that `text` spells, as a URL parameter names them.
///
/// # Errors
/// If there is no such enum (`FF00171`) or it has no such value (`FF00172`).
pub fn parse_by_type_name(type_name: &str, text: &str) -> Result<&'static str, ScalarError> {
    match type_name.to_ascii_lowercase().as_str() {
        MessageState::TYPE_NAME => find(text, type_name).map(MessageState::as_str),
        MessageType::TYPE_NAME => find(text, type_name).map(MessageType::as_str),
        TxType::TYPE_NAME => find(text, type_name).map(TxType::as_str),
        ValidatorType::TYPE_NAME => find(text, type_name).map(ValidatorType::as_str),
        BatchType::TYPE_NAME => find(text, type_name).map(BatchType::as_str),
        IdentityType::TYPE_NAME => find(text, type_name).map(IdentityType::as_str),
        _ => Err(ScalarError::EnumType { type_name: type_name.into() }),
    }
}

fn find<T: Vocabulary>(text: &str, type_name: &str) -> Result<T, ScalarError> {
    let exact = T::ALL.iter().copied().find(|value| value.as_str() == text);
    let folded = || T::ALL.iter().copied().find(|value| folds_to(text, value.as_str()));
    exact.or_else(folded).ok_or_else(|| ScalarError::EnumValue {
        text: text.into(),
        type_name: type_name.into(),
        options: T::ALL.iter().map(|value| value.as_str()).collect(),
    })
}

/// Whether `text` is `value`, which is ASCII in lower case, under Unicode simple folding.
fn folds_to(text: &str, value: &str) -> bool {
    text.chars().map(fold).eq(value.chars())
}

/// The ASCII lower-case letter that `c` folds to, or `c`.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        _ => c.to_ascii_lowercase(),
    }
}
