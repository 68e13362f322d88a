//! Which processes of this machine are alive: so that the lease of one that was killed need not be waited for.

use controller::lease::Processes;

/// The processes of this machine, known by host, boot, pid and start time.
#[derive(Debug)]
pub(crate) struct ThisMachine {
    host: String,
    me: String,
}

impl ThisMachine {
    /// This process.
    pub(crate) fn new() -> ThisMachine {
        let read = |path: &str| std::fs::read_to_string(path).map(|t| t.trim().to_owned()).unwrap_or_default();
        let name = read("/proc/sys/kernel/hostname");
        let boot = read("/proc/sys/kernel/random/boot_id");
        let host = format!("{}/{}", if name.is_empty() { "unknown" } else { &name }, boot);
        let pid = std::process::id();
        let me = format!("{host}/{pid}/{}", start_time(pid).unwrap_or_default());
        ThisMachine { host, me }
    }
}

/// When a process was started, in clock ticks since boot; `None` when there is no such process, or no way to know. One that has
/// ended and that nobody has asked for yet is none: it can do nothing any more.
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command in parentheses and may hold anything; the 22nd is the start time.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

impl Processes for ThisMachine {
    fn me(&self) -> String {
        self.me.clone()
    }

    fn is_gone(&self, holder: &str) -> bool {
        // Without a boot id or start times nothing is certain.
        if self.host.ends_with('/') {
            return false;
        }
        let Some(rest) = holder.strip_prefix(&self.host).and_then(|r| r.strip_prefix('/')) else { return false };
        let Some((pid, started)) = rest.split_once('/') else { return false };
        let (Ok(pid), Ok(started)) = (pid.parse::<u32>(), started.parse::<u64>()) else { return false };
        start_time(pid) != Some(started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_of_this_machine_can_be_known_to_be_gone() {
        let here = ThisMachine::new();
        assert!(!here.is_gone(&here.me()));
        assert!(!here.is_gone("elsewhere/boot/1/1"));
        assert!(!here.is_gone("nonsense"));
        if !here.host.ends_with('/') {
            assert!(here.is_gone(&format!("{}/{}/1", here.host, u32::MAX - 1)), "no such process");
            let mut child = std::process::Command::new("true").spawn().unwrap();
            let started = (0..1_000).find_map(|_| start_time(child.id()));
            // it ends in a moment, and nobody asks for it
            while start_time(child.id()).is_some() {
                std::thread::yield_now();
            }
            assert!(here.is_gone(&format!("{}/{}/{}", here.host, child.id(), started.unwrap_or(1))), "it has ended");
            child.wait().unwrap();
            assert!(here.is_gone(&format!("{}/{}/0", here.host, std::process::id())), "a pid that was used again");
        }
    }
}
