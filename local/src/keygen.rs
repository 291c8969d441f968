//! `flatline keygen`: keys for everything that is configured, as the text of `API_KEYS`.

mod client;

use std::io::{self, Write as _};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args as ClapArgs;
use flatline_shared::config::{Config, Env, Secret, Service};
use serde_json::{Map, Value};

use crate::data::random_key;
use crate::failure::Failure;
use crate::keygen::client::Client;

/// The entry of `API_KEYS` that opens every service.
const ANY: &str = "*";

/// Which keys to make.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct KeygenArgs {
    /// Directory of services.json
    #[arg(long, env = "FLATLINE_CONFIG", default_value = "./config", value_name = "DIR")]
    config: PathBuf,

    /// One key per group; services without a group get one each
    #[arg(long, conflicts_with_all = ["wildcard", "alert"])]
    group: bool,

    /// One key for every service, also for those that are configured later
    #[arg(long, conflicts_with = "alert")]
    wildcard: bool,

    /// Make ALERT_API_KEY and READ_API_KEY instead, one assignment per line
    #[arg(long, conflicts_with = "client")]
    alert: bool,

    /// With --alert: a sender of alerts that gets a key of its own; may be given more than once
    #[arg(long, value_name = "NAME", requires = "alert")]
    source: Vec<String>,

    /// The line as base64, for forms that take no quotes
    #[arg(long)]
    base64: bool,

    /// After the line, print for each service what runs this client with its key
    #[arg(long, value_name = "CLIENT")]
    client: Option<Client>,

    /// Address of Flatline, as the clients reach it
    #[arg(long, default_value = "http://127.0.0.1:8080", requires = "client")]
    url: String,
}

const EXAMPLES: &str = "\
The first line on stdout is the value of API_KEYS: a JSON object of service id, group id or \"*\" to
a key of 256 random bits. Nothing is stored; whoever has the line can send heartbeats.

Examples:
  flatline keygen > api-keys.json && API_KEYS_FILE=api-keys.json flatline
  flatline keygen --group --client cron --url https://status.example.com
  flatline keygen --alert >> .env
  flatline keygen --alert --source alertmanager --source grafana --base64 >> .env";

/// Runs `flatline keygen`.
pub fn run(args: &KeygenArgs) -> Result<(), Failure> {
    Ok(io::stdout().write_all(text(args)?.as_bytes())?)
}

fn text(args: &KeygenArgs) -> Result<String, Failure> {
    if args.alert {
        let (alert, read) = (alert_keys(args), random_key());
        return Ok(format!("ALERT_API_KEY={alert}\nREAD_API_KEY={}\n", read.expose()));
    }
    let services = if args.wildcard && args.client.is_none() {
        Vec::new()
    } else {
        // Keys are made before there are any credentials: the files alone are judged.
        Config::load(&args.config, &Env::default().without_channels().without_page())?.services
    };
    let keys = Keys::for_all(&services, args.scope());
    let line = Value::Object(keys.0.clone()).to_string();
    let mut text = if args.base64 { STANDARD.encode(line) } else { line };
    text.push('\n');
    if let Some(client) = args.client {
        for service in &services {
            text.push('\n');
            text.push_str(&client.block(&args.url, service, &keys.of(service, args.scope())));
        }
    }
    Ok(text)
}

/// One key, or an object with one for each sender.
fn alert_keys(args: &KeygenArgs) -> String {
    if args.source.is_empty() {
        return random_key().expose().to_owned();
    }
    let key = |name: &String| (name.clone(), Value::from(random_key().expose()));
    let line = Value::Object(args.source.iter().map(key).collect()).to_string();
    if args.base64 { STANDARD.encode(line) } else { line }
}

/// What has one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Service,
    Group,
    All,
}

impl Scope {
    /// The entry of `API_KEYS` for this service.
    fn entry(self, service: &Service) -> &str {
        match (self, &service.group) {
            (Self::All, _) => ANY,
            (Self::Group, Some(group)) => group,
            (Self::Group, None) | (Self::Service, _) => &service.spec.id,
        }
    }
}

impl KeygenArgs {
    const fn scope(&self) -> Scope {
        match (self.wildcard, self.group) {
            (true, _) => Scope::All,
            (false, true) => Scope::Group,
            (false, false) => Scope::Service,
        }
    }
}

/// Keys by entry of `API_KEYS`.
struct Keys(Map<String, Value>);

impl Keys {
    fn for_all(services: &[Service], scope: Scope) -> Self {
        let mut keys = Map::new();
        let new_key = || Value::from(random_key().expose());
        if scope == Scope::All {
            keys.insert(ANY.to_owned(), new_key());
        }
        for service in services {
            keys.entry(scope.entry(service)).or_insert_with(new_key);
        }
        Self(keys)
    }

    fn of(&self, service: &Service, scope: Scope) -> Secret {
        let key = self.0.get(scope.entry(service)).and_then(Value::as_str);
        Secret::new(key.unwrap_or_default())
    }
}
