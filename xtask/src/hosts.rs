//! Practice Azure under the real names of its services, for one command and what it starts.
//!
//! The command lives in namespaces of its own: a hosts file that leads every name to loopback, and
//! no network but that. Nothing of the machine changes, and nothing can leave it. What a client
//! needs besides is said by environment variables that it reads anyway.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::Outcome;
use crate::packages::{Need, require_packages};
use crate::process::{cargo, command, find_program, read_output, run, succeeds, target_folder};

/// The command inside of the namespaces, which only this program calls.
pub const INSIDE: &str = "hosts-inside";

/// What is asked for: `[--scenario NAME|FILE] -- CMD…`.
#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    scenario: &'a str,
    words: &'a [&'a str],
}

impl<'a> Request<'a> {
    fn read(words: &'a [&'a str]) -> Outcome<Self> {
        let (scenario, words) = match words {
            ["--scenario", scenario, "--", words @ ..] => (*scenario, words),
            ["--", words @ ..] => ("default", words),
            _ => return Err("hosts takes `[--scenario NAME|FILE] -- COMMAND`".to_owned()),
        };
        if words.is_empty() {
            return Err("hosts needs a command after `--`".to_owned());
        }
        Ok(Self { scenario, words })
    }
}

/// Builds the simulator and runs a command against it; the exit code is the command's.
pub fn run_command(words: &[&str]) -> Outcome<ExitCode> {
    let request = Request::read(words)?;
    require_packages(&[Need::Hosts])?;
    let mut build = cargo(&["build", "--quiet", "--locked", "--package", "simulator"]);
    run(build.args(["--bin", "azure-simulator"]))?;
    let simulator = target_folder().join("debug/azure-simulator");
    let mut enter = enter(&simulator, request.scenario, request.words)?;
    // Where the person stands: the command may name files.
    let here = env::current_dir().map_err(|error| error.to_string())?;
    let status = enter.current_dir(here).status();
    let status = status.map_err(|error| format!("the command did not start: {error}"))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// The command that runs `words` against this simulator in namespaces of its own.
pub fn enter(simulator: &Path, scenario: &str, words: &[&str]) -> Outcome<Command> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let mut enter = command("unshare", &[find_privilege()?]);
    enter.arg("--").arg(own).arg(INSIDE).arg(simulator).arg(scenario).args(words);
    Ok(enter)
}

/// The flags of unshare that this machine allows: namespaces of a user's own, else root's.
fn find_privilege() -> Outcome<&'static str> {
    let mut allowed = ["-Urmn", "-mn"].into_iter().filter(|flags| {
        succeeds(&mut command("unshare", &[flags, "ip", "link", "set", "lo", "up"]))
    });
    allowed.next().ok_or_else(|| {
        "this machine gives no network namespace: `unshare -Urmn true` fails. As root it works; \
         else an administrator can allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
         kernel.apparmor_restrict_unprivileged_userns=0)"
            .to_owned()
    })
}

/// Inside of the namespaces: SIMULATOR SCENARIO CMD….
pub fn run_inside(words: &[&str]) -> Outcome<ExitCode> {
    let [simulator, scenario, program, arguments @ ..] = words else {
        return Err(format!("{INSIDE} takes SIMULATOR SCENARIO COMMAND"));
    };
    if !succeeds(&mut command("ip", &["link", "set", "lo", "up"])) {
        return Err("loopback cannot be brought up".to_owned());
    }
    let stay = Stay::begin()?;
    let simulator = Simulator::start(Path::new(simulator), scenario, &stay.folder)?;
    let mut command = Command::new(program);
    command.args(arguments);
    stay.furnish(&mut command, &simulator.line)?;
    let status = command.status().map_err(|error| format!("`{program}` did not start: {error}"))?;
    drop(simulator);
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// A temporary home, which ends with this value.
struct Stay {
    folder: PathBuf,
}

impl Stay {
    fn begin() -> Outcome<Self> {
        let template = env::temp_dir().join("keyless-hosts-XXXXXX");
        let folder = read_output(Command::new("mktemp").arg("-d").arg(template))?;
        let stay = Self { folder: PathBuf::from(folder.trim()) };
        for name in ["home", "tmp", "azure", "runtime"] {
            fs::create_dir(stay.folder.join(name)).map_err(|error| error.to_string())?;
        }
        let hosts = stay.folder.join("hosts");
        fs::write(&hosts, "127.0.0.1 localhost\n").map_err(|error| error.to_string())?;
        let mut mount = Command::new("mount");
        match mount.arg("--bind").arg(hosts).arg("/etc/hosts").status() {
            Ok(status) if status.success() => Ok(stay),
            _ => Err("a hosts file of its own cannot be mounted here".to_owned()),
        }
    }

    /// Everything by which clients find the simulator, trust it and leave the person's own
    /// settings alone.
    fn furnish(&self, command: &mut Command, line: &str) -> Outcome {
        for (name, _) in env::vars_os() {
            if is_foreign(&name.to_string_lossy()) {
                command.env_remove(name);
            }
        }
        // A Rust toolchain is found from the home folder, unless it is said.
        for (variable, below) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if let (Some(home), None) = (env::var_os("HOME"), env::var_os(variable)) {
                command.env(variable, Path::new(&home).join(below));
            }
        }
        let certificate = self.folder.join("ca.pem");
        for variable in [
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
            "NODE_EXTRA_CA_CERTS",
            "CURL_CA_BUNDLE",
            "GIT_SSL_CAINFO",
        ] {
            command.env(variable, &certificate);
        }
        if let Some(options) = self.make_trust_store(&certificate)? {
            command.env("JAVA_TOOL_OPTIONS", options);
        }
        command
            .env("AZURE_SIMULATOR", fit(line.trim()))
            .env("HOME", self.folder.join("home"))
            .env("TMPDIR", self.folder.join("tmp"))
            .env("XDG_RUNTIME_DIR", self.folder.join("runtime"))
            .env("AZURE_CONFIG_DIR", self.folder.join("azure"))
            .env("AZURE_CORE_COLLECT_TELEMETRY", "no")
            .env("AZURE_CORE_LOGIN_EXPERIENCE_V2", "off")
            .env("AZURE_CORE_NO_COLOR", "yes");
        Ok(())
    }

    /// The options by which a Java program trusts the authority; none where there is no Java.
    fn make_trust_store(&self, certificate: &Path) -> Outcome<Option<OsString>> {
        if find_program("keytool").is_none() {
            return Ok(None);
        }
        let store = self.folder.join("trust.p12");
        let mut keytool = Command::new("keytool");
        keytool.args(["-importcert", "-noprompt", "-alias", "practice", "-storetype", "PKCS12"]);
        keytool.args(["-storepass", "practice", "-file"]).arg(certificate);
        if !succeeds(keytool.arg("-keystore").arg(&store)) {
            return Err("keytool does not take the certificate".to_owned());
        }
        let mut options = OsString::from("-Djavax.net.ssl.trustStore=");
        options.push(store);
        options.push(" -Djavax.net.ssl.trustStorePassword=practice");
        Ok(Some(options))
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        // A temporary folder that stays behind harms nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The JSON line as a variable can hold it: Linux takes 128 kB, which the names of ten thousand
/// accounts exceed. They stand in the hosts file too.
fn fit(line: &str) -> String {
    match line.split_once("\"hosts\":[") {
        Some((before, names)) if line.len() > 100_000 => {
            let after = names.split_once(']').map_or("", |(_, after)| after);
            format!("{before}\"hosts\":null{after}")
        }
        _ => line.to_owned(),
    }
}

/// Settings of the person's own that would lead a client elsewhere, or tell it a secret.
fn is_foreign(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    let prefixes = ["AZURE_", "ARM_", "AZD_", "OPENAI_", "IDENTITY_", "MSI_", "IMDS_", "XDG_"];
    name.ends_with("_PROXY")
        || name == "DBUS_SESSION_BUS_ADDRESS"
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// The running simulator; it ends with this value, and with this program.
struct Simulator {
    child: Child,
    /// Its JSON line.
    line: String,
}

impl Simulator {
    fn start(program: &Path, scenario: &str, folder: &Path) -> Outcome<Self> {
        let mut start = Command::new("setpriv");
        start.args(["--pdeathsig", "TERM"]).arg(program);
        start.args(["--hosts", "--scenario", scenario, "--ca-dir"]).arg(folder);
        start.arg("--hosts-file").arg("/etc/hosts");
        let child = start.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let child = child.map_err(|error| format!("the simulator did not start: {error}"))?;
        let mut simulator = Self { child, line: String::new() };
        if let Some(output) = simulator.child.stdout.take() {
            let read = BufReader::new(output).read_line(&mut simulator.line);
            read.map_err(|error| format!("the simulator tells no address: {error}"))?;
        }
        if simulator.line.is_empty() {
            return Err("the simulator ended before it served".to_owned());
        }
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_stands_behind_two_dashes() {
        let words = ["--scenario", "no-access", "--", "az", "--version"];
        let request = Request::read(&words).expect("this is the documented form");
        assert_eq!((request.scenario, request.words), ("no-access", &words[3..]));
        assert_eq!(Request::read(&["--", "az"]).map(|request| request.scenario), Ok("default"));
        for wrong in [&["az"][..], &["--"], &[], &["--scenario", "--", "az"]] {
            Request::read(wrong).expect_err("the command would be guessed");
        }
    }

    #[test]
    fn the_names_of_a_large_scenario_are_left_out() {
        let line = |names: &str| format!("{{\"ca\":\"a\",\"hosts\":[{names}],\"openai\":\"b\"}}");
        let small = line("\"one.openai.azure.com\"");
        assert_eq!(fit(&small), small, "nothing is lost that fits");
        let large = line(&"\"one.openai.azure.com\",".repeat(5000));
        assert_eq!(fit(&large), "{\"ca\":\"a\",\"hosts\":null,\"openai\":\"b\"}");
    }

    #[test]
    fn settings_that_lead_elsewhere_are_left_behind() {
        for name in ["https_proxy", "NO_PROXY", "AZURE_CLIENT_SECRET", "OPENAI_API_KEY"] {
            assert!(is_foreign(name), "{name} would change what a client does");
        }
        for name in ["PATH", "LANG", "CARGO_HOME", "PYTHONPATH"] {
            assert!(!is_foreign(name), "{name} is needed");
        }
    }
}
