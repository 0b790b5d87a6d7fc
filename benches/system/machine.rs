//! What the machine is, whether it is quiet, and how much CPU and memory a process has used.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Above this load average (of the last minute, for each core) figures say more about the other
/// work than about ours.
const QUIET: f64 = 0.5;

pub struct Machine {
    pub cores: usize,
    pub cpu: String,
    pub load: f64,
    pub commit: String,
}

impl Machine {
    /// Looks at the machine.
    ///
    /// # Errors
    /// The build is not optimised, or the machine is busy and `busy` does not accept that.
    pub fn look(busy: bool) -> anyhow::Result<Self> {
        if cfg!(debug_assertions) {
            bail!("These figures need an optimised build. Run `make bench`.");
        }
        let cores = std::thread::available_parallelism()?.get();
        let load = fs::read_to_string("/proc/loadavg")?;
        let load: f64 = load.split(' ').next().context("/proc/loadavg is empty")?.parse()?;
        if load > QUIET * cores as f64 && !busy {
            bail!(
                "The machine is busy (load {load} on {cores} cores). Wait until it is quiet, or accept worse figures \
                 with `--busy`, which the results then say."
            );
        }
        let cpus = fs::read_to_string("/proc/cpuinfo")?;
        let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
        let commit = commit.map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned()).unwrap_or_default();
        Ok(Self { cores, cpu: cpu.map_or_else(|| "unknown".into(), |(_, name)| name.to_owned()), load, commit })
    }
}

/// The CPU time that a process has used so far, its children that have ended included.
pub fn cpu_of(pid: u32) -> Duration {
    stat(pid).map_or(Duration::ZERO, |stat| stat.cpu)
}

/// The CPU time that a process and its living children have used so far: Postgres with its
/// backends.
pub fn cpu_of_family(pid: u32) -> Duration {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = pids.filter_map(stat).filter(|stat| stat.parent == pid);
    cpu_of(pid) + children.map(|stat| stat.cpu).sum::<Duration>()
}

struct Stat {
    parent: u32,
    cpu: Duration,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields[11..15].iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    // A tick is a hundredth of a second on every Linux that is known.
    Some(Stat { parent: fields[1].parse().ok()?, cpu: Duration::from_millis(ticks * 10) })
}

/// The most memory that a process has used so far, in MB.
pub fn peak_memory(pid: u32) -> f64 {
    memory(pid, "VmHWM:")
}

/// The memory that a process uses, in MB.
pub fn resident_memory(pid: u32) -> f64 {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|text| text.strip_prefix(line)?.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
