//! Programs that end with the test that started them, their children included.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process_group};

/// A running program in a process group of its own; dropping it ends the whole group.
#[derive(Debug)]
pub struct Program {
    child: Child,
}

impl Program {
    /// Starts the program.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn().map_err(|error| {
            let program = command.get_program().to_string_lossy();
            io::Error::new(error.kind(), format!("{program} did not start: {error}"))
        })?;
        Ok(Self { child })
    }

    /// Its end of the pipes that the command asked for.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }
}
