//! The table of settings in `docs/configuration.md`, printed from the same declarations that read
//! them.

use clap::{Arg, Args};

use super::{ApiConfig, Config, read};

/// Returns a Markdown table: variable, default, meaning. Secrets show both variables.
pub fn table() -> String {
    let mut text = String::from("| Variable | Default | Meaning |\n| --- | --- | --- |\n");
    for arg in arguments::<Config>().iter().chain(&arguments::<ApiConfig>()) {
        let name = read::variable(arg);
        let names = if read::is_secret(arg) { format!("`{name}` or `{name}_FILE`") } else { format!("`{name}`") };
        text.push_str(&format!("| {names} | {} | {} |\n", default(arg), read::help(arg).replace('|', "\\|")));
    }
    text
}

fn arguments<S: Args>() -> Vec<Arg> {
    read::settings::<S>().get_arguments().filter(|arg| !arg.is_hide_set()).cloned().collect()
}

fn default(arg: &Arg) -> String {
    match arg.get_default_values() {
        [] if arg.is_required_set() => "**required**".into(),
        [] => "—".into(),
        values => format!("`{}`", values.iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",")),
    }
}
