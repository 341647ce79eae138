//! The start of the app's window beside that of an empty one: time and memory.
//!
//! Both are measured in the same way and from outside: a program is started, the display is looked
//! at every few milliseconds, and when it has not changed for a while, it is whole. The window was
//! painted when it showed, for the first time, nearly all of that content.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::Trouble;
use crate::figures::{median, range, round};
use crate::priority::Priority;
use crate::processes::{measure_pss, measure_work};
use crate::report;
use crate::screen::{Frame, Screen};

/// The part of the content that makes a window painted; the rest may be a blinking caret.
const PAINTED: f64 = 0.98;
/// A display that has not changed for so long is whole.
const SETTLED: Duration = Duration::from_millis(1500);
/// A window that is not whole by then is broken.
const STUCK: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);
/// What the app's window may need more than an empty one, in milliseconds.
const MORE_THAN_EMPTY: f64 = 250.0;

/// The windows of both programs, pair by pair.
pub struct Windows {
    app: Vec<Start>,
    empty: Vec<Start>,
    /// How many programs wanted a processor in the minute before, on how many processors.
    load: (f64, usize),
    /// Whether they had priority over those.
    first: bool,
}

/// One start of one program.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// From exec to the first content, in milliseconds.
    first_ms: f64,
    /// From exec to the whole first page, in milliseconds.
    painted_ms: f64,
    /// The memory of all processes when the page has come to rest, in MiB.
    pss_mib: f64,
    /// What all processes had kept a processor busy by then, in milliseconds.
    work_ms: f64,
}

/// Starts both programs in turn, as many times as there are pairs; who begins changes with each.
pub fn measure(app: &Path, empty: &Path, pairs: usize) -> Result<Windows, Trouble> {
    let screen = Screen::open()?;
    // What another measurement has shown goes away in its own time.
    come_to_rest(&screen)?;
    let load = read_load()?;
    let priority = Priority::take();
    let (app_home, empty_home) = (Home::new()?, Home::new()?);
    // In practice mode the first page needs nothing of this machine.
    let start_app = || start(&screen, app_home.lend_to(Command::new(app).arg("--practice")));
    let start_empty = || start(&screen, empty_home.lend_to(&mut Command::new(empty)));
    // The first start of each reads its files from the disk and makes its folders.
    start_app()?;
    start_empty()?;
    let mut windows =
        Windows { app: Vec::new(), empty: Vec::new(), load, first: priority.is_some() };
    for pair in 0..pairs {
        if pair % 2 == 0 {
            windows.app.push(start_app()?);
            windows.empty.push(start_empty()?);
        } else {
            windows.empty.push(start_empty()?);
            windows.app.push(start_app()?);
        }
    }
    Ok(windows)
}

impl Windows {
    /// For the machine.
    pub fn report(&self) -> report::Window {
        let middle = |starts: &[Start], value: fn(&Start) -> f64| {
            round(median(&starts.iter().map(value).collect::<Vec<_>>()))
        };
        report::Window {
            app_painted_ms: middle(&self.app, |start| start.painted_ms),
            empty_painted_ms: middle(&self.empty, |start| start.painted_ms),
            app_pss_mib: middle(&self.app, |start| start.pss_mib),
            empty_pss_mib: middle(&self.empty, |start| start.pss_mib),
        }
    }

    /// For the person.
    pub fn print(&self) {
        println!("Window, {} interleaved pairs, median (least to most)", self.app.len());
        println!("   {:<24}{:>26}{:>26}{:>10}", "", "Keyless", "empty window", "ratio");
        self.print_row("exec to first content", "ms", |start| start.first_ms);
        self.print_row("exec to whole first page", "ms", |start| start.painted_ms);
        self.print_row("work of all processors", "ms", |start| start.work_ms);
        self.print_row("memory of all processes", "MiB", |start| start.pss_mib);
        let report = self.report();
        let later = report.app_painted_ms - report.empty_painted_ms;
        println!(
            "   The first page comes {later:.0} ms after the empty window's; at most \
             {MORE_THAN_EMPTY:.0} allowed",
        );
        self.print_load();
    }

    fn print_load(&self) {
        let (load, processors) = self.load;
        if load <= processors as f64 {
            return;
        }
        let doubt = match self.first {
            true => "The windows had priority, which helps, but not wholly",
            false => "The times are those of a wait, not of Keyless",
        };
        println!(
            "   The machine is busy: a load of {load:.1} on {processors} processors. {doubt}; look \
             at the work, or measure again at rest"
        );
    }

    fn print_row(&self, name: &str, unit: &str, value: fn(&Start) -> f64) {
        let cell = |starts: &[Start]| {
            let values: Vec<f64> = starts.iter().map(value).collect();
            let (least, most) = range(&values);
            (median(&values), format!("{:.0} {unit} ({least:.0} to {most:.0})", median(&values)))
        };
        let ((app, app_text), (empty, empty_text)) = (cell(&self.app), cell(&self.empty));
        println!("   {name:<24}{app_text:>26}{empty_text:>26}{:>10.2}", app / empty);
    }
}

fn start(screen: &Screen, command: &mut Command) -> Result<Start, Trouble> {
    let before = screen.look()?;
    let begun = Instant::now();
    let program = Program(command.process_group(0).spawn()?);
    let frames = watch(screen, &before, begun)?;
    let (pss_mib, work_ms) = (measure_pss(program.0.id())?, measure_work(program.0.id())?);
    drop(program);
    wait_until_gone(screen, &before)?;
    let (_, whole) = frames.last().ok_or("the window showed nothing")?;
    let time_of = |share: f64| {
        let shown = frames.iter().find(|(_, frame)| frame.share_of(whole, &before) >= share);
        shown.map(|(time, _)| time.as_secs_f64() * 1000.0).ok_or("the window has no content")
    };
    Ok(Start { first_ms: time_of(0.01)?, painted_ms: time_of(PAINTED)?, pss_mib, work_ms })
}

/// Everything that the display showed until it came to rest, with the time of each change.
fn watch(
    screen: &Screen,
    before: &Frame,
    begun: Instant,
) -> Result<Vec<(Duration, Frame)>, Trouble> {
    let mut frames: Vec<(Duration, Frame)> = Vec::new();
    loop {
        let frame = screen.look()?;
        let time = begun.elapsed();
        let last = frames.last();
        if last.map_or(before, |(_, frame)| frame) != &frame {
            frames.push((time, frame));
        } else if last.is_some_and(|(changed, frame)| {
            time - *changed > SETTLED && frame.share_of(frame, before) > 0.0
        }) {
            return Ok(frames);
        } else if time > STUCK {
            return Err("the window did not come to rest".into());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

fn come_to_rest(screen: &Screen) -> Result<(), Trouble> {
    let begun = Instant::now();
    let (mut changed, mut last) = (begun, screen.look()?);
    while changed.elapsed() < SETTLED {
        if begun.elapsed() > STUCK {
            return Err("the display does not come to rest".into());
        }
        thread::sleep(BETWEEN_LOOKS);
        let frame = screen.look()?;
        if frame != last {
            (changed, last) = (Instant::now(), frame);
        }
    }
    Ok(())
}

fn wait_until_gone(screen: &Screen, before: &Frame) -> Result<(), Trouble> {
    let begun = Instant::now();
    while &screen.look()? != before {
        if begun.elapsed() > STUCK {
            return Err("the window does not go away".into());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

/// The first field of `/proc/loadavg`, and the number of processors.
fn read_load() -> Result<(f64, usize), Trouble> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let load = text.split(' ').next().and_then(|load| load.parse().ok());
    Ok((load.ok_or("/proc/loadavg tells no load")?, thread::available_parallelism()?.get()))
}

/// A home of its own, with nothing of the real environment but the display and the path.
struct Home {
    folder: TempDir,
    display: OsString,
}

impl Home {
    fn new() -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        for name in ["run", "tmp"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let display = env::var_os("DISPLAY").ok_or("there is no display")?;
        Ok(Self { folder, display })
    }

    fn lend_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let home = self.folder.path();
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("TMPDIR", home.join("tmp"))
            .env("LANG", "C.UTF-8")
            .env("DISPLAY", &self.display)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.join("no").display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
    }
}

/// A running program with a process group of its own, which ends with this value.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_of_this_machine_is_read() {
        let (load, processors) = read_load().expect("Linux tells its load");
        assert!(load >= 0.0 && processors > 0, "{load} on {processors}");
    }
}
