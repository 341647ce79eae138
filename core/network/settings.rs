//! The proxy in the settings of the system, which no library reads whole: Windows and macOS keep
//! it where Explorer and Safari do, GNOME in its own settings.
//!
//! Each system has a command that prints them; it is run hidden and for a short time only, and a
//! system without it has no such settings.

use std::ffi::OsStr;
use std::time::Duration;

use super::Machine;
use super::machine::System;

/// Settings that take longer are taken for none.
const LIMIT: Duration = Duration::from_secs(3);
/// The name under which a network offers its script (draft-ietf-wrec-wpad, section 4.4.4).
const WPAD: &str = "wpad";

/// The proxy in the settings of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The proxy for TLS, as `host:port` or with a scheme of its own.
    pub proxy: Option<String>,
    /// The hosts that are reached without it, as `NO_PROXY` writes them.
    pub without: String,
    /// A script that chooses the proxy, which Keyless does not run.
    pub script: Option<Script>,
}

/// A script that chooses the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// A PAC file at this address.
    Pac(String),
    /// One that the system finds by itself (WPAD).
    Found,
}

/// Asks the system.
pub async fn read_settings(machine: &Machine) -> Settings {
    let mut settings = match machine.system {
        System::Windows => {
            let folder = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
            Settings::of_windows(&run(machine, "reg", &["query", folder, "/s"]).await)
        }
        System::MacOs => Settings::of_macos(&run(machine, "scutil", &["--proxy"]).await),
        System::Linux => {
            let list = &["list-recursively", "org.gnome.system.proxy"];
            Settings::of_gnome(&run(machine, "gsettings", list).await)
        }
    };
    // Windows looks for a script unless it is told not to; most networks have none.
    if settings.script == Some(Script::Found) && machine.names.look_up(WPAD).await.is_err() {
        settings.script = None;
    }
    settings
}

/// What the command prints; nothing where there is no such command.
async fn run(machine: &Machine, program: &str, arguments: &[&str]) -> String {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    let running = machine.tools.run(OsStr::new(program), &arguments);
    match tokio::time::timeout(LIMIT, running).await {
        Ok(Ok(output)) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(Err(error)) => {
            tracing::debug!(program, kind = ?error.kind(), "the system has no such settings");
            String::new()
        }
        Err(_) => {
            tracing::warn!(program, "the system's settings gave no answer");
            String::new()
        }
    }
}

impl Settings {
    /// What `gsettings list-recursively org.gnome.system.proxy` prints.
    pub fn of_gnome(printed: &str) -> Self {
        let value = |schema: &str, key: &str| {
            let schema = format!("org.gnome.system.proxy{schema} {key} ");
            let line = printed.lines().find_map(|line| line.strip_prefix(schema.as_str()));
            line.unwrap_or_default().trim().trim_matches('\'').to_owned()
        };
        let server = |schema: &str, scheme: &str| {
            let (host, port) = (value(schema, "host"), value(schema, "port"));
            (!host.is_empty() && port != "0").then(|| format!("{scheme}{host}:{port}"))
        };
        match value("", "mode").as_str() {
            "manual" => Settings {
                proxy: server(".https", "http://").or_else(|| server(".socks", "socks5h://")),
                without: list_of(&value("", "ignore-hosts")),
                script: None,
            },
            "auto" => {
                let address = value("", "autoconfig-url");
                let script = if address.is_empty() { Script::Found } else { Script::Pac(address) };
                Settings { script: Some(script), ..Settings::default() }
            }
            _ => Settings::default(),
        }
    }

    /// What `reg query "HKCU\…\Internet Settings" /s` prints: a name, a type and a value per line.
    pub fn of_windows(printed: &str) -> Self {
        let value = |name: &str| {
            printed.lines().find_map(|line| {
                let (found, rest) = line.trim().split_once("    ")?;
                let (_, value) = rest.trim().split_once("    ")?;
                (found == name).then(|| value.trim().to_owned())
            })
        };
        let is_on = value("ProxyEnable").is_some_and(|value| value == "0x1");
        let server = value("ProxyServer").filter(|_| is_on).and_then(|text| windows_server(&text));
        let pac = value("AutoConfigURL").map(Script::Pac);
        // The ninth byte of what the dialog writes: bit 3 is "Automatically detect settings".
        let dialog = value("DefaultConnectionSettings").unwrap_or_default();
        let flags = dialog.get(16..18).and_then(|byte| u8::from_str_radix(byte, 16).ok());
        let detects = flags.is_some_and(|flags| flags & 8 != 0);
        Settings {
            proxy: server,
            without: windows_exceptions(&value("ProxyOverride").unwrap_or_default()),
            script: pac.or(detects.then_some(Script::Found)),
        }
    }

    /// What `scutil --proxy` prints: a dictionary with one `Key : value` per line.
    pub fn of_macos(printed: &str) -> Self {
        let value = |name: &str| {
            printed.lines().find_map(|line| {
                let (found, value) = line.trim().split_once(" : ")?;
                (found == name).then(|| value.trim().to_owned())
            })
        };
        let is_on = |name: &str| value(name).is_some_and(|value| value == "1");
        let server = |kind: &str, scheme: &str| {
            let host =
                value(&format!("{kind}Proxy")).filter(|_| is_on(&format!("{kind}Enable")))?;
            let port = value(&format!("{kind}Port"));
            Some(port.map_or_else(|| host.clone(), |port| format!("{scheme}{host}:{port}")))
        };
        // The exceptions are the numbered lines of the one array.
        let exceptions = printed.lines().filter_map(|line| {
            let (number, host) = line.trim().split_once(" : ")?;
            number.parse::<u32>().is_ok().then(|| host.trim_start_matches("*.").to_owned())
        });
        let pac = is_on("ProxyAutoConfigEnable").then(|| value("ProxyAutoConfigURLString"));
        Settings {
            proxy: server("HTTPS", "http://").or_else(|| server("SOCKS", "socks5h://")),
            without: exceptions.collect::<Vec<_>>().join(","),
            script: pac
                .flatten()
                .map(Script::Pac)
                .or(is_on("ProxyAutoDiscoveryEnable").then_some(Script::Found)),
        }
    }
}

/// `['localhost', '127.0.0.0/8']` as a list with commas.
fn list_of(text: &str) -> String {
    let items = text.trim_matches(['[', ']']).split(',');
    let items = items.map(|item| item.trim().trim_matches('\'').trim_start_matches("*."));
    items.collect::<Vec<_>>().join(",")
}

/// `proxy:8080`, or the part for TLS of `http=one:80;https=two:443;socks=three:1080`.
fn windows_server(text: &str) -> Option<String> {
    if !text.contains('=') {
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    let part = |kind: &str, scheme: &str| {
        let address = text.split(';').find_map(|part| part.trim().strip_prefix(kind))?;
        Some(if address.contains("://") {
            address.to_owned()
        } else {
            format!("{scheme}{address}")
        })
    };
    part("https=", "http://").or_else(|| part("socks=", "socks5h://"))
}

/// `<local>;*.contoso.com;10.*` as a list with commas: a star at the end is a network.
fn windows_exceptions(text: &str) -> String {
    let items =
        text.split(';').map(str::trim).filter(|item| !item.is_empty() && *item != "<local>");
    let items = items.map(|item| network_of(item).unwrap_or_else(|| item.replace("*.", "")));
    items.collect::<Vec<_>>().join(",")
}

/// `10.1.*` as `10.1.0.0/16`.
fn network_of(text: &str) -> Option<String> {
    let known: Vec<u8> = text
        .split('.')
        .take_while(|part| *part != "*")
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let stars = text.split('.').skip(known.len());
    if known.is_empty() || known.len() > 3 || !stars.into_iter().all(|part| part == "*") {
        return None;
    }
    let octet = |at: usize| known.get(at).copied().unwrap_or_default();
    Some(format!("{}.{}.{}.{}/{}", octet(0), octet(1), octet(2), octet(3), 8 * known.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(proxy: Option<&str>, without: &str, script: Option<Script>) -> Settings {
        Settings { proxy: proxy.map(str::to_owned), without: without.to_owned(), script }
    }

    fn gnome(mode: &str, https: &str, port: u16, socks: &str, script: &str) -> Settings {
        Settings::of_gnome(&format!(
            "org.gnome.system.proxy autoconfig-url '{script}'\n\
             org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '*.contoso.example']\n\
             org.gnome.system.proxy mode '{mode}'\n\
             org.gnome.system.proxy use-same-proxy true\n\
             org.gnome.system.proxy.http authentication-password 'hunter2'\n\
             org.gnome.system.proxy.http host ''\n\
             org.gnome.system.proxy.http port 8080\n\
             org.gnome.system.proxy.https host '{https}'\n\
             org.gnome.system.proxy.https port {port}\n\
             org.gnome.system.proxy.socks host '{socks}'\n\
             org.gnome.system.proxy.socks port 1080\n"
        ))
    }

    #[test]
    fn the_settings_of_gnome_are_read() {
        let without = "localhost,127.0.0.0/8,contoso.example";
        assert_eq!(gnome("none", "proxy.example", 8080, "", ""), Settings::default());
        assert_eq!(
            gnome("manual", "proxy.example", 8080, "", ""),
            settings(Some("http://proxy.example:8080"), without, None)
        );
        assert_eq!(
            gnome("manual", "", 0, "socks.example", ""),
            settings(Some("socks5h://socks.example:1080"), without, None)
        );
        assert_eq!(gnome("manual", "", 0, "", ""), settings(None, without, None));
        let pac = Script::Pac("http://pac.example/p.pac".to_owned());
        assert_eq!(
            gnome("auto", "", 0, "", "http://pac.example/p.pac"),
            settings(None, "", Some(pac))
        );
        assert_eq!(gnome("auto", "", 0, "", ""), settings(None, "", Some(Script::Found)));
        assert_eq!(Settings::of_gnome("No such schema"), Settings::default());
    }

    fn windows(lines: &[&str]) -> Settings {
        let folder =
            r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings";
        let lines: String = lines.iter().map(|line| format!("    {line}\r\n")).collect();
        Settings::of_windows(&format!("\r\n{folder}\r\n{lines}\r\n{folder}\\Connections\r\n"))
    }

    #[test]
    fn the_settings_of_windows_are_read() {
        let on = "ProxyEnable    REG_DWORD    0x1";
        assert_eq!(
            windows(&[
                on,
                "ProxyServer    REG_SZ    proxy.example:8080",
                "ProxyOverride    REG_SZ    *.contoso.example;10.1.*;<local>",
            ]),
            settings(Some("proxy.example:8080"), "contoso.example,10.1.0.0/16", None)
        );
        let off = "ProxyEnable    REG_DWORD    0x0";
        assert_eq!(
            windows(&[off, "ProxyServer    REG_SZ    proxy.example:8080"]),
            Settings::default(),
            "a server that is switched off is not used"
        );
        let each = "ProxyServer    REG_SZ    http=one.example:80;https=two.example:443";
        assert_eq!(windows(&[on, each]), settings(Some("http://two.example:443"), "", None));
        let socks = "ProxyServer    REG_SZ    socks=three.example:1080";
        assert_eq!(windows(&[on, socks]), settings(Some("socks5h://three.example:1080"), "", None));
        let pac = windows(&["AutoConfigURL    REG_SZ    http://pac.example/p.pac"]);
        assert_eq!(pac.script, Some(Script::Pac("http://pac.example/p.pac".to_owned())));
        let dialog = |flags: &str| {
            let value = format!("4600000002000000{flags}00000000000000");
            windows(&[&format!("DefaultConnectionSettings    REG_BINARY    {value}")]).script
        };
        assert_eq!(dialog("09"), Some(Script::Found));
        assert_eq!(dialog("01"), None);
        assert_eq!(windows(&[]), Settings::default());
    }

    fn macos(lines: &[&str]) -> Settings {
        Settings::of_macos(&format!("<dictionary> {{\n  {}\n}}\n", lines.join("\n  ")))
    }

    #[test]
    fn the_settings_of_macos_are_read() {
        let server =
            ["HTTPSEnable : 1", "HTTPSPort : 8080", "HTTPSProxy : proxy.example", "HTTPEnable : 0"];
        assert_eq!(macos(&server).proxy.as_deref(), Some("http://proxy.example:8080"));
        let except = ["ExceptionsList : <array> {", "  0 : *.local", "  1 : 169.254.0.0/16", "}"];
        assert_eq!(macos(&except).without, "local,169.254.0.0/16");
        assert_eq!(macos(&["HTTPSEnable : 0", "HTTPSProxy : proxy.example"]), Settings::default());
        let pac = macos(&[
            "ProxyAutoConfigEnable : 1",
            "ProxyAutoConfigURLString : http://pac.example/p.pac",
        ]);
        assert_eq!(pac.script, Some(Script::Pac("http://pac.example/p.pac".to_owned())));
        assert_eq!(macos(&["ProxyAutoDiscoveryEnable : 1"]).script, Some(Script::Found));
        assert_eq!(
            macos(&["ProxyAutoConfigEnable : 0", "ProxyAutoConfigURLString : http://old.example"]),
            Settings::default(),
            "a script that is switched off is not named"
        );
    }
}
