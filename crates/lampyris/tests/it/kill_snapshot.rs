//! `kill -9` of an engine that writes snapshots all the time: opened by what it left and opened whole, the log, its
//! index and all that is told of messages are the same, and nothing that was answered is lost.
//!
//! `LAMPYRIS_TEST_SCALE` multiplies the number of kills. The program that is killed is this test binary.

use lampyris::query::Query;
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write, stdout};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use lampyris::log::{Head, Log, Options, Rules, Verify, block_on};
use lampyris::request::Request;
use lampyris::{Lampyris, MessageId, MessageState, Task};
use lampyris_message::lifecycle::rules;

use crate::cast::{batch, broadcast, message, seal};
use crate::dice::{Dice, samples};

/// Kills that CI runs.
const KILLS: usize = 15;
/// Kills in one directory. A snapshot is due when the log has grown by an eighth, so few of them keep it busy.
const IN_ONE: usize = 5;
const IN_FLIGHT: u32 = 16;
const DIRECTORY: &str = "LAMPYRIS_KILL_DIRECTORY";
const FIRST: &str = "LAMPYRIS_KILL_FIRST";

/// What a request is answered with, in the order of a message's life.
const STEPS: [MessageState; 3] = [MessageState::Ready, MessageState::Ready, MessageState::Sent];

#[test]
#[ignore = "the program that is killed"]
fn program() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let first: u32 = std::env::var(FIRST).unwrap().parse().unwrap();
    let engine = Lampyris::builder().snapshot_every(1).open(directory).unwrap();
    let mut under_way = VecDeque::new();
    let mut out = stdout().lock();
    writeln!(out).unwrap();
    for number in first.. {
        let requests = [
            Request::Stage(Box::new(broadcast(number))),
            Request::Seal(message(number), seal(number)),
            Request::Dispatched(message(number), batch(number)),
        ];
        // Some are left open in each state.
        let steps = number as usize % 3 + 1;
        for (step, request) in requests.into_iter().enumerate().take(steps) {
            under_way.push_back((number, step, block_on(engine.enqueue(request)).unwrap()));
        }
        while under_way.len() > IN_FLIGHT as usize
            && let Some((number, step, pending)) = under_way.pop_front()
        {
            let accepted = block_on(pending).unwrap().accepted().unwrap();
            // Nobody may listen any more.
            if writeln!(out, "ack {number} {step} {}", accepted.position).is_err() {
                return;
            }
        }
    }
}

/// By message, the last step that was answered, and how many records were durable then.
type Answered = BTreeMap<u32, (usize, u64)>;

/// Runs the program until so many answers, or for some time if that is 0, and kills it.
fn run_and_kill(directory: &Path, answered: &mut Answered, dice: &mut Dice) {
    let first = answered.keys().next_back().map_or(0, |last| last.saturating_sub(IN_FLIGHT));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill_snapshot::program", "--exact", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(FIRST, first.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let wanted = dice.below(200) + 1;
    let mut heard = 0;
    let mut hear = |line: &str| {
        let Some(ack) = line.strip_prefix("ack ") else { return 0 };
        let mut numbers = ack.split(' ').map_while(|number| number.parse::<u64>().ok());
        // A line that was cut short was not said.
        let (Some(number), Some(step), Some(position)) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return 0;
        };
        let said = answered.entry(u32::try_from(number).unwrap()).or_default();
        *said = (*said).max((usize::try_from(step).unwrap(), position));
        1
    };
    while heard < wanted {
        let line = lines.next().expect("it does not end by itself");
        heard += hear(&line);
    }
    // At another point of what it writes each time.
    for _ in 0..dice.below(2_000) {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    for line in lines {
        hear(&line);
    }
    child.wait().unwrap();
}

/// All that is told of a log.
#[derive(Debug, PartialEq)]
struct Told {
    head: Head,
    rows: Vec<(MessageId, MessageState, u64)>,
    waiting: Vec<Vec<MessageId>>,
}

/// Opens the engine and asks; also from which record on it read the log.
fn told(directory: &Path, verify: Verify) -> (Told, u64) {
    let builder = Lampyris::builder().existing().verify(verify).snapshot_every(u64::MAX);
    let engine = builder.open(directory).unwrap();
    let rows = engine.query(&Query::in_log_order()).unwrap().messages;
    let rows = rows.iter().map(|view| {
        let id = view.message().header.id.unwrap();
        (id, engine.state(id).unwrap(), view.position())
    });
    let rows = rows.collect();
    let work = block_on(engine.work(Duration::ZERO)).unwrap();
    // Their order is by when it was decided or recorded, which is not the same moment.
    let ids = |tasks: &[Task]| {
        let mut ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
        ids.sort();
        ids
    };
    let waiting = [&work.to_seal, &work.to_dispatch, &work.to_sequence, &work.to_confirm];
    let waiting = waiting.map(|tasks| ids(tasks)).to_vec();
    (Told { head: engine.head(), rows, waiting }, engine.verified_from())
}

/// Whether the log was opened by its snapshot.
fn compare(directory: &Path, answered: &Answered) -> bool {
    let (quick, from) = told(directory, Verify::New);
    let options = Options::writer(Rules { version: rules::VERSION, hash: rules::hash().0 });
    let options = options.verify(Verify::New).snapshot_every(u64::MAX);
    let log = Log::open(directory, &options).unwrap();
    let verified = log.reverify().run(|_| ControlFlow::Continue(())).unwrap();
    assert_eq!(verified, log.head().size, "the index is that of all records");
    drop(log);
    let (whole, all) = told(directory, Verify::Whole);
    assert_eq!((&quick, all), (&whole, 0));
    let states: BTreeMap<_, _> = whole.rows.iter().map(|(id, state, _)| (*id, *state)).collect();
    for (number, (step, position)) in answered {
        let state = states.get(&message(*number)).copied();
        assert!(state >= Some(STEPS[*step]), "message {number} is {state:?}");
        assert!(*position <= whole.head.size);
        let unsealed = step > &0 && quick.waiting[0].contains(&message(*number));
        assert!(!unsealed, "message {number} was sealed, and waits for it");
    }
    from > 0
}

#[test]
fn what_a_killed_engine_left_is_the_same_by_its_snapshot_and_whole() {
    let mut dice = Dice::of("kill_snapshot");
    let (mut kills, mut answers, mut quick, mut cut) = (0, 0, 0, 0);
    for _ in 0..samples(KILLS) / IN_ONE {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("log");
        let mut answered = Answered::new();
        for _ in 0..IN_ONE {
            run_and_kill(&directory, &mut answered, &mut dice);
            // A snapshot that is whole has its name.
            cut += usize::from(directory.join("snapshot.new").exists());
            quick += usize::from(compare(&directory, &answered));
            kills += 1;
        }
        answers += answered.values().map(|(step, _)| step + 1).sum::<usize>();
    }
    println!(
        "{kills} kills, {answers} answers, 0 lost; {quick} opened by a snapshot, 0 differences"
    );
    println!("{cut} killed while a snapshot was being written");
    assert!(quick * 2 > kills, "only {quick} of {kills} had a snapshot of use");
}
