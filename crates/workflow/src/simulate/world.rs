//! Virtual time, the network between replicas and servers, and everything that goes wrong on it.

use super::Options;
use super::bug::Bug;
use super::dice::Dice;
use super::hub::{Op, Reply, Servers};
use super::replica::Replica;
use super::workload::{CLUSTERS, Work};
use crate::ownership;
use model::operation::{OperationAction, UserOperation};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// When a process dies at a message of the exhaustive search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the message is sent.
    Before,
    /// After it has been carried out, before the answer.
    After,
    /// It does not die; the answer is lost.
    ReplyLost,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Twice,
    Busy,
    ReplyLost,
    Kills,
}

#[derive(Debug)]
pub(crate) enum Happening {
    Arrives { from: usize, life: u64, call: u64, epoch: u64, generation: usize, op: Op, fate: Fate },
    Answered { to: usize, life: u64, call: u64, reply: Reply },
    TimedOut { to: usize, life: u64, call: u64 },
    Timer { to: usize, life: u64 },
    Look { to: usize, life: u64 },
    Renew { to: usize, life: u64 },
    Born { replica: usize },
    Dies { replica: usize },
    Stops { replica: usize, until: i64 },
    Asks,
    Respecified,
    Partition { replica: usize, server: usize, until: i64 },
}

impl Happening {
    /// Whether it can wake a process that rests.
    fn wakes(&self) -> bool {
        matches!(
            self,
            Happening::Asks | Happening::Respecified | Happening::Arrives { .. } | Happening::Answered { .. }
        )
    }
}

/// What is to happen, by time and then by the order in which it was scheduled. The queue moves small keys about; the
/// happenings themselves stay where they are.
#[derive(Debug, Default)]
struct Agenda {
    queue: BinaryHeap<Reverse<(i64, u64, usize)>>,
    places: Vec<Option<Happening>>,
    free: Vec<usize>,
    order: u64,
    /// How many of them can wake a process that rests.
    waking: usize,
}

impl Agenda {
    fn add(&mut self, at: i64, what: Happening) {
        self.order += 1;
        self.waking += usize::from(what.wakes());
        let place = self.free.pop().unwrap_or(self.places.len());
        match self.places.get_mut(place) {
            Some(free) => *free = Some(what),
            None => self.places.push(Some(what)),
        }
        self.queue.push(Reverse((at, self.order, place)));
    }

    fn next(&mut self) -> Option<(i64, Happening)> {
        let Reverse((at, _, place)) = self.queue.pop()?;
        let what = self.places.get_mut(place)?.take()?;
        self.free.push(place);
        self.waking -= usize::from(what.wakes());
        Some((at, what))
    }
}

/// How long a message takes at most when nothing is wrong.
pub(super) const LONGEST_WAY: i64 = 8;

/// A whole simulation.
#[derive(Debug)]
pub(crate) struct World {
    pub servers: Servers,
    pub replicas: Vec<Replica>,
    pub dice: Dice,
    pub options: Options,
    agenda: Agenda,
    /// Messages sent so far: the crash points.
    pub sent: u64,
    calls: u64,
    pub hash: u64,
    pub story: Vec<String>,
    partitions: Vec<(usize, usize, i64)>,
    /// Faults end then.
    trouble_ends: i64,
    asked: u64,
}

impl World {
    pub(crate) fn new(works: Vec<Work>, options: Options, dice: Dice) -> World {
        let calm = options.calm && options.die_at.is_empty();
        let mut world = World {
            servers: Servers::new(works, calm),
            replicas: Vec::new(),
            dice,
            options,
            agenda: Agenda::default(),
            sent: 0,
            calls: 0,
            hash: 0,
            story: Vec::new(),
            partitions: Vec::new(),
            trouble_ends: 0,
            asked: 0,
        };
        world.set_the_scene();
        world
    }

    fn set_the_scene(&mut self) {
        let count = if self.options.calm { 2 } else { 2 + self.dice.roll(2) as usize };
        for id in 0..count {
            let skew = if self.options.calm { 0 } else { self.dice.between(-2_500, 2_500) };
            self.replicas.push(Replica::new(id, skew));
            self.servers.skews.push(skew);
            self.schedule(id as i64 * 37, Happening::Born { replica: id });
        }
        if self.options.calm {
            return;
        }
        self.trouble_ends = 20_000 + self.dice.roll(60_000) as i64;
        let end = self.trouble_ends;
        for _ in 0..self.dice.roll(5) {
            let replica = self.dice.roll(count as u64) as usize;
            let at = self.dice.between(50, end);
            match self.dice.roll(3) {
                0 => {
                    let until = at + self.dice.between(500, 30_000);
                    self.schedule(at, Happening::Stops { replica, until });
                }
                1 => {
                    let server = self.dice.roll(2 + CLUSTERS as u64) as usize;
                    let until = at + self.dice.between(200, 20_000);
                    self.schedule(at, Happening::Partition { replica, server, until });
                }
                _ => {
                    self.schedule(at, Happening::Dies { replica });
                    let back = at + self.dice.between(100, 8_000);
                    self.schedule(back, Happening::Born { replica });
                }
            }
        }
        for _ in 0..self.dice.roll(4) {
            let at = self.dice.between(100, end + 20_000);
            self.schedule(at, Happening::Asks);
        }
        if self.servers.works.len() > 1 {
            let at = self.dice.between(500, end);
            self.schedule(at, Happening::Respecified);
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.servers.now
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.options.bug == Some(bug)
    }

    pub(crate) fn schedule(&mut self, at: i64, what: Happening) {
        self.agenda.add(at, what);
    }

    /// Lets a replica go on at a time, or earlier if that is arranged already: it has one timer.
    pub(crate) fn time(&mut self, to: usize, at: i64) {
        let Some(replica) = self.replicas.get_mut(to) else { return };
        if replica.timer.is_some_and(|set| set <= at) {
            return;
        }
        replica.timer = Some(at);
        let life = replica.life;
        self.schedule(at, Happening::Timer { to, life });
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if self.options.story {
            let text = format!("{:>7} {}", self.servers.now, line());
            self.story.push(text);
        }
    }

    fn mix(&mut self, value: u64) {
        self.hash = (self.hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn fate(&mut self, from: usize, server: usize) -> Fate {
        let now = self.now();
        if let Some((_, moment)) = self.options.die_at.iter().find(|(n, _)| *n == self.sent) {
            return match moment {
                Moment::Before | Moment::After => Fate::Kills,
                Moment::ReplyLost => Fate::ReplyLost,
            };
        }
        if now >= self.trouble_ends {
            return Fate::Arrives;
        }
        if self.partitions.iter().any(|(r, s, until)| *r == from && *s == server && *until > now) {
            return Fate::Lost;
        }
        match self.dice.roll(100) {
            0 | 1 => Fate::Lost,
            2 | 3 => Fate::ReplyLost,
            4 => Fate::Twice,
            5..=8 => Fate::Busy,
            _ => Fate::Arrives,
        }
    }

    /// Sends a request; `None`: it was not sent, because the lease may be lost or the process has died over it.
    pub(crate) fn send(&mut self, from: usize, op: Op) -> Option<u64> {
        let (life, epoch, generation, open) = {
            let replica = self.replicas.get(from)?;
            (replica.life, replica.epoch, replica.generation, replica.may_act(self.servers.now))
        };
        if op.needs_lease() && !open && !self.has(Bug::NoFence) {
            // who could not renew its lease in time is as good as stopped: what is under way is asked again
            self.servers.troubles += u32::from(!matches!(op, Op::Release));
            return None;
        }
        self.sent += 1;
        let dies = self.options.die_at.iter().find(|(n, _)| *n == self.sent).map(|(_, m)| *m);
        if dies == Some(Moment::Before) {
            self.die(from, true);
            return None;
        }
        let fate = self.fate(from, op.server());
        let mut way = self.dice.between(1, LONGEST_WAY);
        if self.now() < self.trouble_ends && self.dice.once_in(40) {
            way = self.dice.between(100, ownership::REQUEST - 1);
        }
        // an answer that comes after its sender has given up is as good as lost
        if !matches!(fate, Fate::Arrives | Fate::Busy) || way + LONGEST_WAY >= ownership::REQUEST {
            self.servers.troubles += 1;
        }
        self.calls += 1;
        let call = self.calls;
        self.mix(self.now() as u64 ^ (from as u64) << 48 ^ self.sent << 20);
        self.tell(|| format!("r{from} sends #{call} {op:?} ({fate:?})"));
        let at = self.now() + way;
        self.schedule(at, Happening::Arrives { from, life, call, epoch, generation, op, fate });
        if fate != Fate::Arrives || way > 1_000 {
            let at = self.now() + ownership::REQUEST;
            self.schedule(at, Happening::TimedOut { to: from, life, call });
        }
        Some(call)
    }

    pub(crate) fn die(&mut self, replica: usize, comes_back: bool) {
        self.servers.troubles += 1;
        self.tell(|| format!("r{replica} dies"));
        let now = self.now();
        if let Some(r) = self.replicas.get_mut(replica) {
            r.dies();
            r.died_at = now;
        }
        if comes_back {
            let at = self.now() + 1_500;
            self.schedule(at, Happening::Born { replica });
        }
    }

    /// Lets everything happen until nothing more does, or the time is over.
    pub(crate) fn run(&mut self) {
        let end = 900_000 + self.trouble_ends;
        let mut helped = 0;
        let mut steps = 0u64;
        loop {
            let Some((at, what)) = self.agenda.next() else { break };
            steps += 1;
            if at > end || steps > 400_000 {
                self.servers.violated("L-converge: it goes on and on");
                break;
            }
            self.servers.now = at;
            self.mix(at as u64);
            self.happen(what);
            if !self.servers.violations.is_empty() {
                break;
            }
            if self.is_quiet() && (helped > 40 || !self.somebody_helps(&mut helped)) {
                break;
            }
        }
        if self.servers.violations.is_empty() {
            self.servers.at_the_end();
        }
    }

    /// Every replica rests and nothing is on its way that could wake one.
    fn is_quiet(&self) -> bool {
        self.now() > self.trouble_ends + 30_000
            && self.replicas.iter().all(Replica::rests)
            && self.servers.request.is_none()
            && self.agenda.waking == 0
    }

    /// A run that waits for a user gets one.
    fn somebody_helps(&mut self, helped: &mut u32) -> bool {
        let waits =
            self.servers.journal().is_some_and(|j| j.state.ended.is_none() && crate::status::is_suspended(&j.state));
        if waits {
            *helped += 1;
            let action = if *helped > 30 { OperationAction::Terminate } else { OperationAction::Resume { step: None } };
            self.ask(action);
        }
        waits
    }

    fn ask(&mut self, action: OperationAction) {
        if self.servers.request.is_some() {
            return; // who asks waits for the request before
        }
        self.asked += 1;
        let id = format!("op-{}", self.asked);
        self.tell(|| format!("a user asks {id}: {action:?}"));
        self.servers.asked.push(id.clone());
        let operation = UserOperation { id, action, by: "user".into(), ..UserOperation::default() };
        self.servers.request = Some(operation);
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Arrives { from, life, call, epoch, generation, op, fate } => {
                // a process that dies takes with it what has not arrived: its connections are closed; and what it sent in
                // the life before that is gone in any case
                let now = self.servers.now;
                let gone = |r: &Replica| r.life > life + 1 || (r.life != life && r.died_at + 10 < now);
                let dead = self.replicas.get(from).is_none_or(gone);
                if fate == Fate::Lost || dead {
                    return;
                }
                let reply = if fate == Fate::Busy {
                    Reply::Busy
                } else {
                    let reply = self.servers.execute(from, epoch, generation, &op);
                    if fate == Fate::Twice && op.server() == 0 {
                        self.servers.execute(from, epoch, generation, &op);
                    }
                    reply
                };
                self.tell(|| format!("   #{call} is answered {}", short(&reply)));
                match fate {
                    Fate::Kills => self.die(from, true),
                    Fate::ReplyLost => {}
                    _ => {
                        let at = self.now() + self.dice.between(1, LONGEST_WAY);
                        self.schedule(at, Happening::Answered { to: from, life, call, reply });
                    }
                }
            }
            Happening::Answered { to, life, call, reply } => self.deliver(to, life, What::Reply(call, reply)),
            Happening::TimedOut { to, life, call } => self.deliver(to, life, What::Silence(call)),
            Happening::Timer { to, life } => self.deliver(to, life, What::Timer),
            Happening::Look { to, life } => self.deliver(to, life, What::Look),
            Happening::Renew { to, life } => self.deliver(to, life, What::Renew),
            Happening::Born { replica } => {
                if self.replicas.get_mut(replica).is_some_and(Replica::is_born) {
                    self.tell(|| format!("r{replica} begins"));
                    self.look_later(replica, 0);
                }
            }
            Happening::Dies { replica } => self.die(replica, false),
            Happening::Stops { replica, until } => {
                self.servers.troubles += 1;
                self.tell(|| format!("r{replica} is stopped until {until}"));
                if let Some(r) = self.replicas.get_mut(replica) {
                    r.stopped_until = until;
                }
            }
            Happening::Partition { replica, server, until } => {
                self.tell(|| format!("r{replica} cannot reach server {server} until {until}"));
                self.partitions.push((replica, server, until));
            }
            Happening::Asks => {
                let action = match self.dice.roll(8) {
                    0 => OperationAction::Terminate,
                    1 => OperationAction::Restart { step: None },
                    2..=4 => OperationAction::Suspend { step: None },
                    _ => OperationAction::Resume { step: None },
                };
                self.ask(action);
            }
            Happening::Respecified => {
                if self.servers.generation == 0 {
                    self.tell(|| "the Application has a new version".to_owned());
                    self.servers.generation = 1;
                    self.servers.pruned = false;
                    // requests to the old run are answered by the new one
                }
            }
        }
    }

    /// Hands something to a replica; one that is stopped gets it when it goes on.
    fn deliver(&mut self, to: usize, life: u64, what: What) {
        let now = self.now();
        let Some(replica) = self.replicas.get_mut(to) else { return };
        if replica.life != life || !replica.alive {
            return;
        }
        if matches!(what, What::Timer) && replica.timer.take_if(|set| *set <= now).is_none() {
            return; // an earlier one took its place
        }
        let until = replica.stopped_until;
        if until > now {
            let happening = match what {
                What::Reply(call, reply) => Happening::Answered { to, life, call, reply },
                What::Silence(call) => Happening::TimedOut { to, life, call },
                What::Timer => return self.time(to, until),
                What::Look => Happening::Look { to, life },
                What::Renew => Happening::Renew { to, life },
            };
            return self.schedule(until, happening);
        }
        match what {
            What::Reply(call, reply) => self.answered(to, call, reply),
            What::Silence(call) => self.silent(to, call),
            What::Timer => self.drive(to),
            What::Look => self.look(to),
            What::Renew => self.renew(to),
        }
    }

    pub(crate) fn look_later(&mut self, replica: usize, after: i64) {
        let Some(life) = self.replicas.get(replica).map(|r| r.life) else { return };
        let at = self.now() + after;
        self.schedule(at, Happening::Look { to: replica, life });
    }
}

/// What reaches a replica.
#[derive(Debug)]
enum What {
    Reply(u64, Reply),
    Silence(u64),
    Timer,
    Look,
    Renew,
}

fn short(reply: &Reply) -> String {
    match reply {
        Reply::Loaded { entries, .. } => format!("Loaded {} entries", entries.len()),
        other => format!("{other:?}"),
    }
}
