//! Starts after the first.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use e2e::{Home, PATIENCE, Program, Screen, Wizard, program, say};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::timeout;

const PRACTICE: &str = "home/.local/share/dev.keyless.azure-openai.practice";

/// The process that holds practice in this home.
fn first_process(home: &Home) -> u32 {
    let text = fs::read(home.path().join(PRACTICE).join("instance.json"));
    let address: Value = serde_json::from_slice(&text.expect("it says so")).expect("JSON");
    address["process"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("a process")
}

fn start_again(home: &Home) -> Command {
    let mut command = Command::new(program());
    home.lend_to(&mut command).arg("--practice").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

#[tokio::test]
async fn a_second_start_brings_the_first_window_to_the_front_and_ends() {
    let home = Home::with_display();
    let _wizard = Wizard::start(&home, &["--practice"]).await;
    let screen = Screen::of(&home);
    let window = screen.window_of(first_process(&home)).await;
    let cover = screen.cover();

    let mut again = tokio::process::Command::from(start_again(&home));
    let ended = timeout(PATIENCE, again.kill_on_drop(true).output()).await;
    let output = ended.expect("it ends by itself").expect("the app starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "nothing went wrong: {said}");
    assert_eq!(said, "", "there is nothing to say");
    screen.becomes_higher(window, cover).await;

    // Practice and real Azure are two windows.
    let real = Wizard::start(&home, &[]).await;
    real.shows(&say("sign_in.lead", &[])).await;
}

#[tokio::test]
async fn a_first_window_that_does_not_answer_is_said_and_can_be_tried_again() {
    let home = Home::with_display();
    let _wizard = Wizard::start(&home, &["--practice"]).await;
    let screen = Screen::of(&home);
    let first = first_process(&home);
    let window = screen.window_of(first).await;
    let cover = screen.cover();
    let process = i32::try_from(first).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(process, Signal::STOP).expect("the process is ours");

    let told = home.path().join("told");
    let mut command = start_again(&home);
    command.stderr(File::create(&told).expect("the folder is ours"));
    let _second = Program::start(&mut command).expect("the app starts");
    let heading = say("second_start.stuck.heading", &[]);
    let dialog = screen.window_called(&heading).await;
    let said = fs::read_to_string(&told).expect("the file is ours");
    assert!(said.contains(&heading), "a terminal is told as well: {said}");
    assert!(said.contains(&first.to_string()), "the process can be ended: {said}");

    kill_process(process, Signal::CONT).expect("the process is ours");
    screen.press_first_button(dialog);
    screen.becomes_higher(window, cover).await;
}
