//! What a program with all of its processes, the web view's included, takes of the machine.

use std::collections::HashSet;
use std::fs;

use crate::Trouble;

/// The proportional set sizes of this process and all of its descendants, in MiB: what several
/// processes share is counted once (Linux, `proc_pid_smaps_rollup(5)`).
pub fn measure_pss(root: u32) -> Result<f64, Trouble> {
    let mut mebibytes = 0.0;
    for process in family(root, &read_processes()?) {
        mebibytes += measure_pss_of(&process.to_string())?;
    }
    Ok(mebibytes)
}

/// The proportional set size of this process without its descendants, in MiB.
pub fn measure_own_pss() -> Result<f64, Trouble> {
    measure_pss_of("self")
}

fn measure_pss_of(process: &str) -> Result<f64, Trouble> {
    let file = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let kibibytes = read_pss(&text).ok_or_else(|| format!("{file} tells no Pss"))?;
    Ok(kibibytes as f64 / 1024.0)
}

/// The time that these processes have kept a processor busy, in milliseconds: other programs on a
/// busy machine change it less than the time on the clock.
pub fn measure_work(root: u32) -> Result<f64, Trouble> {
    let processes = read_processes()?;
    let family = family(root, &processes);
    let ticks: u64 = processes
        .iter()
        .filter(|process| family.contains(&process.id))
        .map(|process| process.ticks)
        .sum();
    Ok(ticks as f64 * 1000.0 / rustix::param::clock_ticks_per_second() as f64)
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    parent: u32,
    /// Time on a processor, in the kernel's ticks.
    ticks: u64,
}

fn read_processes() -> Result<Vec<Process>, Trouble> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process that ended meanwhile takes nothing any more.
        let stat = fs::read_to_string(entry.path().join("stat"));
        processes.extend(stat.ok().and_then(|text| read_process(id, &text)));
    }
    Ok(processes)
}

fn family(root: u32, processes: &[Process]) -> HashSet<u32> {
    let mut family = HashSet::from([root]);
    loop {
        let before = family.len();
        let children = processes.iter().filter(|process| family.contains(&process.parent));
        family.extend(children.map(|process| process.id).collect::<Vec<_>>());
        if family.len() == before {
            return family;
        }
    }
}

/// Fields 4 (parent), 14 and 15 (time in user and kernel mode) of `/proc/PID/stat`; the second is
/// a name that may hold spaces and brackets (Linux, `proc_pid_stat(5)`).
fn read_process(id: u32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Process { id, parent: fields.get(1)?.parse().ok()?, ticks: ticks(11)? + ticks(12)? })
}

/// The line `Pss:` of `/proc/PID/smaps_rollup`, in KiB.
fn read_pss(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proportional_size_is_read_and_no_other() {
        let rollup = "55d0a000-7ffc3000 ---p 00000000 00:00 0    [rollup]\n\
                      Rss:              123456 kB\n\
                      Pss:               65432 kB\n\
                      Pss_Dirty:          4321 kB\n";
        assert_eq!(read_pss(rollup), Some(65432));
        assert_eq!(read_pss("Pss_Anon:  12 kB\n"), None, "a part is not the whole");
    }

    #[test]
    fn a_name_with_brackets_hides_no_parent() {
        let stat = "812 (Web (Content) x) S 17 812 812 0 -1 4194560 9 0 0 0 23 5 7 7 20 0 12 0 100";
        assert_eq!(read_process(812, stat), Some(Process { id: 812, parent: 17, ticks: 28 }));
        assert_eq!(read_process(812, "812 cut off"), None);
    }

    #[test]
    fn grandchildren_are_family_and_neighbours_are_not() {
        let processes = [(30, 20), (20, 10), (10, 1), (40, 1)];
        let processes = processes.map(|(id, parent)| Process { id, parent, ticks: 1 });
        assert_eq!(family(10, &processes), HashSet::from([10, 20, 30]));
    }

    #[test]
    fn this_process_has_memory() {
        let mebibytes = measure_pss(std::process::id()).expect("a process may read its own");
        assert!(mebibytes > 0.5, "{mebibytes} MiB is less than any program has");
    }
}
