//! Which way a request goes: directly or through a proxy, and what cannot be used.
//!
//! The variables go before the settings of the system, and the rules of `NO_PROXY` are curl's
//! (hyper-util's `Matcher`). The client and the look at the connection ask the same value, so that
//! what is shown is what happens.

use std::fmt;

use http::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use super::Machine;
use super::settings::{Script, Settings};

/// Where a proxy without a port listens.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;
const SOCKS_PORT: u16 = 1080;

/// The proxies of this machine.
pub struct Proxies {
    /// What was set, with the name and the password that it may hold: it is printed nowhere.
    address: String,
    without: String,
    matcher: Matcher,
    variable: Option<String>,
    obstacle: Option<Obstacle>,
}

/// Why a proxy that this computer names is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A variable, or the system's settings, name one by a scheme that is not supported, or by
    /// something that is no address.
    Unsupported {
        /// The variable; none for the system's settings.
        variable: Option<String>,
        /// The scheme, where it can be told.
        scheme: String,
    },
    /// A script chooses the proxy.
    Script(Script),
}

/// The way to a host.
#[derive(Clone, Debug)]
pub enum Route {
    /// Directly.
    Direct,
    /// Through this proxy.
    Through(Proxy),
}

/// A proxy on the way to a host.
#[derive(Clone)]
pub struct Proxy {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    intercept: Intercept,
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// CONNECT over plain HTTP.
    Http,
    /// CONNECT inside of TLS.
    Https,
    /// SOCKS 4, whose names this computer resolves.
    Socks4,
    /// SOCKS 4a.
    Socks4a,
    /// SOCKS 5, whose names this computer resolves.
    Socks5,
    /// SOCKS 5, whose names the proxy resolves.
    Socks5h,
}

impl Proxies {
    /// No proxy at all.
    pub fn none() -> Self {
        Proxies::new(None, "", String::new())
    }

    /// What the variables say; none where they name no proxy.
    pub fn of_variables(machine: &Machine) -> Option<Self> {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let (variable, address) = machine.variable(&names)?;
        let without = machine.variable(&["NO_PROXY", "no_proxy"]).map_or("", |found| found.1);
        Some(Proxies::new(Some(variable), address, without.to_owned()))
    }

    /// What the settings of the system say.
    pub fn of_settings(settings: &Settings) -> Self {
        let address = settings.proxy.as_deref().unwrap_or_default();
        let mut proxies = Proxies::new(None, address, settings.without.clone());
        if let (None, Some(script)) = (&settings.proxy, &settings.script) {
            proxies.obstacle = Some(Obstacle::Script(script.clone()));
        }
        proxies
    }

    fn new(variable: Option<&str>, address: &str, without: String) -> Self {
        let mut proxies = Proxies {
            address: address.to_owned(),
            matcher: Matcher::builder().https(address).no(without.as_str()).build(),
            without,
            variable: variable.map(str::to_owned),
            obstacle: None,
        };
        let any = http::Uri::from_static("https://any.invalid/");
        let all = Matcher::builder().https(address).build();
        if !address.is_empty() && all.intercept(&any).and_then(Proxy::of).is_none() {
            let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
            let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
            let scheme = if is_scheme && !scheme.is_empty() { scheme } else { "?" };
            let (variable, scheme) = (proxies.variable.clone(), scheme.to_owned());
            proxies.obstacle = Some(Obstacle::Unsupported { variable, scheme });
        }
        proxies
    }

    /// The way to this address.
    pub fn route(&self, url: &Url) -> Route {
        let uri = url.as_str().parse().ok();
        let intercept = uri.and_then(|uri| self.matcher.intercept(&uri));
        intercept.and_then(Proxy::of).map_or(Route::Direct, Route::Through)
    }

    /// Who names the proxy: a variable, or none for the system's settings.
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }

    /// What is named and cannot be used.
    pub fn obstacle(&self) -> Option<&Obstacle> {
        self.obstacle.as_ref()
    }

    /// Lets the HTTP client go the same ways.
    pub(crate) fn configure(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder, reqwest::Error> {
        // Without it, the client reads the variables itself.
        let builder = builder.no_proxy();
        if self.address.is_empty() || matches!(self.obstacle, Some(Obstacle::Unsupported { .. })) {
            return Ok(builder);
        }
        let without = reqwest::NoProxy::from_string(&self.without);
        let proxy = reqwest::Proxy::https(&self.address);
        let plain = || reqwest::Proxy::https(format!("http://{}", self.address));
        Ok(builder.proxy(proxy.or_else(|_| plain())?.no_proxy(without)))
    }
}

impl Proxy {
    fn of(intercept: Intercept) -> Option<Self> {
        let uri = intercept.uri();
        let (scheme, port) = match uri.scheme_str()? {
            "http" => (Scheme::Http, HTTP_PORT),
            "https" => (Scheme::Https, HTTPS_PORT),
            "socks4" => (Scheme::Socks4, SOCKS_PORT),
            "socks4a" => (Scheme::Socks4a, SOCKS_PORT),
            "socks5" => (Scheme::Socks5, SOCKS_PORT),
            "socks5h" => (Scheme::Socks5h, SOCKS_PORT),
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_owned();
        let port = uri.port_u16().unwrap_or(port);
        Some(Proxy { scheme, host, port, intercept })
    }

    /// Its host and port, without a name or a password.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// What `Proxy-Authorization` says, where a name and a password were given.
    pub(crate) fn basic(&self) -> Option<&HeaderValue> {
        self.intercept.basic_auth()
    }

    /// The name and the password for SOCKS.
    pub(crate) fn account(&self) -> Option<(&str, &str)> {
        self.intercept.raw_auth()
    }

    /// Whether it resolves the names of the hosts behind it.
    pub fn resolves(&self) -> bool {
        !matches!(self.scheme, Scheme::Socks4 | Scheme::Socks5)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.address())
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.address.is_empty() { "no proxy" } else { "a proxy" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(variables: &[(&str, &str)]) -> Machine {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Machine { variables: variables.iter().map(own).collect(), ..Machine::this() }
    }

    /// `host:port` of the proxy on the way to a host; empty for the direct way.
    fn way(proxies: &Proxies, host: &str) -> String {
        let url = Url::parse(&format!("https://{host}/")).expect("a host");
        match proxies.route(&url) {
            Route::Direct => String::new(),
            Route::Through(proxy) => proxy.address(),
        }
    }

    #[test]
    fn the_variables_decide_in_the_order_of_curl() {
        let upper = [("HTTPS_PROXY", "http://one:1"), ("https_proxy", "http://two:2")];
        let all = [("ALL_PROXY", "three:3"), ("all_proxy", "four:4")];
        let read = |variables: &[(&str, &str)]| {
            let proxies = Proxies::of_variables(&machine(variables)).expect("a proxy is named");
            (way(&proxies, "management.azure.com"), proxies.variable().map(str::to_owned))
        };
        let from = |address: &str, name: &str| (address.to_owned(), Some(name.to_owned()));
        let both: Vec<_> = upper.iter().chain(&all).copied().collect();
        assert_eq!(read(&both), from("one:1", "HTTPS_PROXY"));
        assert_eq!(read(&both[1..]), from("two:2", "https_proxy"));
        assert_eq!(read(&both[2..]), from("three:3", "ALL_PROXY"));
        assert_eq!(read(&both[3..]), from("four:4", "all_proxy"));
        let empty = [("HTTPS_PROXY", ""), ("ALL_PROXY", "three:3")];
        assert_eq!(read(&empty), from("three:3", "ALL_PROXY"), "an empty variable says nothing");
        let plain = machine(&[("HTTP_PROXY", "http://plain:80")]);
        assert!(Proxies::of_variables(&plain).is_none(), "no host of Azure speaks plain HTTP");
    }

    #[test]
    fn a_host_that_is_left_out_is_reached_directly() {
        let without = [("HTTPS_PROXY", "proxy:8080"), ("NO_PROXY", "localhost, .openai.azure.com")];
        let proxies = Proxies::of_variables(&machine(&without)).expect("a proxy is named");
        assert_eq!(way(&proxies, "login.microsoftonline.com"), "proxy:8080");
        assert_eq!(way(&proxies, "contoso.openai.azure.com"), "");
        let star = [("HTTPS_PROXY", "proxy:8080"), ("no_proxy", "*")];
        let proxies = Proxies::of_variables(&machine(&star)).expect("a proxy is named");
        assert_eq!(way(&proxies, "login.microsoftonline.com"), "");
    }

    #[test]
    fn what_is_no_proxy_is_named_and_not_used() {
        let cases = [
            ("ftp://proxy:21", "ftp"),
            ("quic://proxy:443", "quic"),
            ("http//proxy:8080", "?"),
            ("http://", "?"),
            ("my proxy", "?"),
        ];
        for (address, scheme) in cases {
            let proxies = Proxies::of_variables(&machine(&[("HTTPS_PROXY", address)]));
            let proxies = proxies.expect("the variable is set");
            assert_eq!(way(&proxies, "management.azure.com"), "", "{address}");
            let expected = if address == "http://" { "http" } else { scheme };
            let Some(Obstacle::Unsupported { variable, scheme }) = proxies.obstacle() else {
                panic!("{address} is not named");
            };
            assert_eq!(variable.as_deref(), Some("HTTPS_PROXY"));
            assert_eq!(scheme, expected, "{address}");
        }
        for address in ["proxy:8080", "http://proxy", "https://proxy:443", "socks5h://proxy"] {
            let proxies = Proxies::of_variables(&machine(&[("HTTPS_PROXY", address)]));
            let proxies = proxies.expect("the variable is set");
            assert_eq!(proxies.obstacle(), None, "{address} can be used");
            let builder = proxies.configure(reqwest::Client::builder()).expect("a proxy");
            builder.build().expect("the client takes it too");
        }
    }

    #[test]
    fn the_name_and_the_password_of_a_proxy_are_never_printed() {
        let address = "http://ada:hunter2@proxy.example:8080";
        let proxies = Proxies::of_variables(&machine(&[("HTTPS_PROXY", address)]));
        let proxies = proxies.expect("a proxy is named");
        let url = Url::parse("https://management.azure.com/").expect("a host");
        let route = proxies.route(&url);
        let Route::Through(proxy) = &route else { panic!("the proxy is used") };
        assert!(proxy.basic().is_some(), "they are sent to the proxy");
        let printed = format!("{proxies:?} {route:?} {} {:?}", proxy.address(), proxy.basic());
        assert!(!printed.contains("hunter2") && !printed.contains("ada"), "{printed}");
        let odd = machine(&[("HTTPS_PROXY", "odd+x://ada:hunter2@proxy:1")]);
        let odd = Proxies::of_variables(&odd).expect("the variable is set");
        let printed = format!("{odd:?} {:?}", odd.obstacle());
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn a_script_is_named_only_where_no_proxy_is() {
        let script = Some(Script::Pac("http://pac.example/p.pac".to_owned()));
        let alone = Settings { script: script.clone(), ..Settings::default() };
        let named = Proxies::of_settings(&alone);
        assert!(matches!(named.obstacle(), Some(Obstacle::Script(Script::Pac(_)))));
        let both = Settings { proxy: Some("proxy:8080".to_owned()), script, ..Settings::default() };
        let proxies = Proxies::of_settings(&both);
        assert_eq!(proxies.obstacle(), None);
        assert_eq!(way(&proxies, "management.azure.com"), "proxy:8080");
    }
}
