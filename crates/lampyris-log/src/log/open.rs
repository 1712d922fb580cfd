//! Opening: lock, head mark, store, verification of every frame, then the rules.
//! Nothing is served before all of it succeeded.

use super::{Durable, Log, Writer};
use crate::append::{Append, NewEvent};
use crate::committer::Committer;
use crate::directory::{Directory, HEAD, MARKER, SET_ASIDE, SLED, Survey};
use crate::disk::{Disk, DiskFile};
use crate::error::{Broken, OpenError, ReadError, Refused, Unavailable};
use crate::head_mark::HeadMark;
use crate::identity::{Identity, LOG_KIND, OwnEvent, Rules, own_append_id};
use crate::limits::ORIGIN;
use crate::merkle::{Hash, Head};
use crate::options::{Access, NewLog, Options};
use crate::record::StreamName;
use crate::sequencer::Sequencer;
use crate::sled_store::SledStore;
use crate::verify::{Verified, VerifiedRecord, Verifier};
use parking_lot::{Mutex, RwLock};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

impl Log {
    /// Opens the log in a directory, and verifies all of it.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn open(directory: impl AsRef<Path>, options: &Options) -> Result<Log, OpenError> {
        Log::open_with(directory, options, |_| {})
    }

    /// Opens the log and hands out every record while it is verified, so that a consumer needs no second pass.
    /// What it built is worth nothing if opening fails in the end. Records that opening itself appends
    /// (`opened`, `rules`) are not handed out.
    ///
    /// # Errors
    /// [`OpenError`] names what is in the way; see there.
    pub fn open_with(
        directory: impl AsRef<Path>,
        options: &Options,
        visit: impl FnMut(&VerifiedRecord<'_>),
    ) -> Result<Log, OpenError> {
        let directory = Directory::new(directory.as_ref(), Arc::clone(&options.disk));
        let log = match (directory.survey()?, options.access, &options.create) {
            (Survey::Finished, _, _) => {
                let lock = directory.lock()?;
                existing(&directory, options, lock, visit)?
            }
            (Survey::Vacant | Survey::CutShort, Access::Writer(rules), Some(new)) => {
                let identity = identity(new, rules)?;
                directory.claim()?;
                let lock = directory.lock()?;
                match directory.survey()? {
                    Survey::Finished => existing(&directory, options, lock, visit)?,
                    Survey::Vacant | Survey::CutShort => {
                        create(&directory, options, lock, identity)?
                    }
                }
            }
            (Survey::Vacant | Survey::CutShort, Access::Reader | Access::Writer(_), _) => {
                return Err(OpenError::NoLog { path: directory.path });
            }
        };
        log.take_up_rules(options.access)?;
        Ok(log)
    }

    /// Checks the caller's rules against the log's, and records newer ones.
    fn take_up_rules(&self, access: Access) -> Result<(), OpenError> {
        let (ours, log) = match access {
            Access::Reader => return Ok(()),
            Access::Writer(ours) => (ours, self.rules()),
        };
        if log.version > ours.version {
            return Err(OpenError::RulesNewer { log: log.version, ours: ours.version });
        }
        if log.version == ours.version {
            let (log, ours_hash) = (Hash(log.hash), Hash(ours.hash));
            return if log == ours_hash {
                Ok(())
            } else {
                Err(OpenError::RulesDiffer { version: ours.version, log, ours: ours_hash })
            };
        }
        let id = own_append_id(self.log_id(), self.head().size);
        self.append_own(id, &OwnEvent::Rules(ours))?;
        self.durable.write().identity.rules = ours;
        Ok(())
    }

    fn append_own(&self, id: [u8; 16], event: &OwnEvent) -> Result<(), OpenError> {
        let Some(writer) = &self.writer else {
            return Err(Refused::ReadOnly.into());
        };
        let event = NewEvent {
            stream: StreamName::new(LOG_KIND, self.log_id()),
            name: event.name().to_owned(),
            version: 1,
            content: event.encode(),
        };
        let append = Append::new(id, "", "open", LOG_KIND).event(event);
        append.check_parts()?;
        let mut writer = writer.lock();
        self.stage(&mut writer, &append)?;
        Ok(self.commit(&mut writer)?)
    }
}

fn identity(new: &NewLog, rules: Rules) -> Result<Identity, Refused> {
    let origin = new.origin.clone().unwrap_or_else(|| Identity::default_origin(new.log_id));
    if !ORIGIN.hold(origin.len()) {
        return Err(Refused::OutOfBounds {
            field: "origin",
            min: ORIGIN.min,
            max: ORIGIN.max,
            found: origin.len(),
        });
    }
    if origin.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(Refused::Invalid {
            field: "origin",
            rule: "has a space, a plus or a control character",
        });
    }
    Ok(Identity { log_id: new.log_id, origin, rules })
}

fn create(
    directory: &Directory,
    options: &Options,
    lock: Box<dyn DiskFile>,
    identity: Identity,
) -> Result<Log, OpenError> {
    refuse_a_finished_log(directory, options.disk.as_ref())?;
    directory.clear()?;
    let store = open_store(directory, &options.disk)?;
    store.sync_new()?;
    let log_id = identity.log_id;
    let mark = HeadMark::create(options.disk.as_ref(), &directory.join(HEAD), log_id)?;
    let empty = Verifier::new().finish();
    let opened = OwnEvent::Opened(identity.clone());
    let log = assemble(store, mark, empty, identity, options, lock);
    log.append_own(log_id, &opened)?;
    directory.finish()?;
    Ok(log)
}

/// A creation that was cut short never got past record 0: where more was acknowledged, it is the
/// marker that is gone, and nothing may be cleared away.
fn refuse_a_finished_log(directory: &Directory, disk: &dyn Disk) -> Result<(), OpenError> {
    let head = directory.join(HEAD);
    let exists = disk.exists(&head).map_err(|error| Unavailable::io("look for", &head, error))?;
    match if exists { HeadMark::open(disk, &head) } else { return Ok(()) } {
        Ok(mark) if mark.head().size > 1 => {
            Err(Broken::MarkerDamaged { path: directory.join(MARKER) }.into())
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn existing(
    directory: &Directory,
    options: &Options,
    lock: Box<dyn DiskFile>,
    visit: impl FnMut(&VerifiedRecord<'_>),
) -> Result<Log, OpenError> {
    directory.tidy()?;
    let mut mark = HeadMark::open(options.disk.as_ref(), &directory.join(HEAD))?;
    let store = open_store(directory, &options.disk)?;
    let verified = verify(&store, mark.head(), visit)?;
    let Some(identity) = verified.identity.clone() else {
        return Err(Broken::LogRolledBack { have: 0, want: mark.head().size.max(1) }.into());
    };
    if identity.log_id != mark.log_id() {
        return Err(Broken::OtherLog { marked: mark.log_id(), stored: identity.log_id }.into());
    }
    let head = verified.frontier.head();
    if head.size > mark.head().size {
        // A crash between sync and mark: what is adopted is made durable before it is served.
        store.sync()?;
        mark.raise(head)?;
    }
    Ok(assemble(store, mark, verified, identity, options, lock))
}

fn open_store(directory: &Directory, disk: &Arc<dyn Disk>) -> Result<SledStore, ReadError> {
    SledStore::open(disk, &directory.join(SLED), &directory.join(SET_ASIDE))
}

/// Reads the whole store and holds it against the head mark.
fn verify(
    store: &SledStore,
    mark: Head,
    mut visit: impl FnMut(&VerifiedRecord<'_>),
) -> Result<Verified, OpenError> {
    let mut verifier = Verifier::new();
    let mut at_mark = (mark.size == 0).then(|| verifier.head().root);
    for frame in store.frames(0)? {
        let (key, stored) = frame?;
        let flow = verifier
            .frame(super::read::sequence(&key)?, &stored, |record| {
                visit(record);
                ControlFlow::Continue(())
            })
            .map_err(Broken::from)?;
        if flow.is_break() {
            break;
        }
        let head = verifier.head();
        if head.size == mark.size {
            at_mark = Some(head.root);
        }
    }
    let have = verifier.head().size;
    match at_mark {
        _ if have < mark.size => Err(Broken::LogRolledBack { have, want: mark.size }.into()),
        Some(root) if root == mark.root => Ok(verifier.finish()),
        found => {
            let have = found.unwrap_or(Hash([0; 32]));
            Err(Broken::LogDiverged { size: mark.size, have, want: mark.root }.into())
        }
    }
}

fn assemble(
    store: SledStore,
    mark: HeadMark,
    verified: Verified,
    identity: Identity,
    options: &Options,
    lock: Box<dyn DiskFile>,
) -> Log {
    let Verified { frontier, streams, time, identity: _ } = verified;
    let head = frontier.head();
    let writer = match options.access {
        Access::Reader => None,
        Access::Writer(_) => Some(Mutex::new(Writer {
            sequencer: Sequencer::new(frontier, time),
            committer: Committer::new(mark),
        })),
    };
    Log {
        store,
        writer,
        durable: RwLock::new(Durable { head, identity, streams }),
        clock: Arc::clone(&options.clock),
        _lock: lock,
    }
}
