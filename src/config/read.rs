//! Reads a section from variables. clap holds the table of settings (names, defaults, parsers); it
//! is fed from a map instead of the process' environment, so that tests can set the environment and
//! errors can name the variable.

use std::{
    collections::BTreeMap,
    error::Error as _,
    ffi::{OsStr, OsString},
    net::AddrParseError,
    num::ParseIntError,
    path::PathBuf,
};

use clap::{
    Arg, Args, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::error::{ConfigError, Missing};

/// The environment as a value. Holds secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// Returns the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the environment")]
    pub fn of_this_process() -> Self {
        Self(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect())
    }

    /// The value of a variable. Set but empty counts as not set, because deployment tools leave
    /// unset values empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Sets a variable here; the process' environment is not changed.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Sets a variable unless it or its `…_FILE` is set.
    pub fn set_default(&mut self, name: &str, value: impl Into<OsString>) {
        if self.get(name).is_none() && self.get(&format!("{name}_FILE")).is_none() {
            self.set(name, value);
        }
    }

    /// Reads one section, or a struct of several.
    ///
    /// # Errors
    /// Variables are missing, unreadable or do not parse; the error names all of them.
    pub fn read<S: Args>(&self) -> Result<S, ConfigError> {
        let command = settings::<S>();
        let (mut arguments, mut errors) = (BTreeMap::new(), Vec::new());
        for arg in command.get_arguments() {
            match self.value_of(arg) {
                Ok(Some(value)) => {
                    let mut argument = OsString::from(format!("--{}=", arg.get_id()));
                    argument.push(value);
                    arguments.insert(variable(arg), argument);
                }
                Ok(None) => {}
                Err(error) => errors.push((variable(arg), error)),
            }
        }
        // The variables are in `arguments`: clap must not read the process' environment too.
        let unbound = command.clone().mut_args(|arg| arg.env(None::<&'static str>));
        // clap stops at the first error, so it is asked again without the variable that it named.
        let read = loop {
            let given = std::iter::once(OsString::new()).chain(arguments.values().cloned());
            let read = unbound.clone().try_get_matches_from(given).and_then(|matches| S::from_arg_matches(&matches));
            match read.map_err(|error| explain(&command, &error)) {
                Ok(read) => break Some(read),
                Err(ConfigError::Invalid { variable, reason }) if arguments.remove(&variable).is_some() => {
                    errors.push((variable.clone(), ConfigError::Invalid { variable, reason }));
                }
                Err(ConfigError::Missing(mut missing)) => {
                    missing.retain(|missing| errors.iter().all(|(reported, _)| *reported != missing.variable));
                    if !missing.is_empty() {
                        errors.push((String::new(), ConfigError::Missing(missing)));
                    }
                    break None;
                }
                Err(error) => {
                    errors.push((String::new(), error));
                    break None;
                }
            }
        };
        ConfigError::all(errors.into_iter().map(|(_, error)| error).collect())?;
        Ok(read.expect("without an error, all variables were read"))
    }

    fn value_of(&self, arg: &Arg) -> Result<Option<OsString>, ConfigError> {
        let name = variable(arg);
        let direct = self.get(&name);
        let file = if is_secret(arg) { self.get(&format!("{name}_FILE")) } else { None };
        match (direct, file) {
            (Some(_), Some(_)) => Err(ConfigError::SetTwice { variable: name }),
            (Some(value), None) => Ok(Some(value.to_owned())),
            (None, Some(path)) => secret_file(name, PathBuf::from(path)).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }
}

/// Returns the settings of a section as a clap command.
pub(super) fn settings<S: Args>() -> Command {
    let command = S::augment_args(Command::new("settings")).disable_help_flag(true).disable_version_flag(true);
    command.mut_args(|arg| {
        let id = arg.get_id().clone();
        arg.long(id)
    })
}

pub(super) fn variable(arg: &Arg) -> String {
    let name = arg.get_env().expect("every setting has a variable");
    name.to_str().expect("our names are ASCII").to_owned()
}

/// Secrets are the settings whose values clap hides.
pub(super) fn is_secret(arg: &Arg) -> bool {
    arg.is_hide_env_values_set()
}

fn secret_file(variable: String, path: PathBuf) -> Result<OsString, ConfigError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ConfigError::Unreadable { variable, path, source }),
    };
    // Editors and `echo` end a file with a newline that is not part of the secret.
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(ConfigError::EmptyFile { variable, path }),
        secret => Ok(secret.into()),
    }
}

/// Converts clap's error: the variable's name replaces the flag's.
fn explain(command: &Command, error: &clap::Error) -> ConfigError {
    // clap writes an argument as `--id <VALUE>`.
    let named = |text: &str| {
        let id = text.trim_start_matches('-').split([' ', '=']).next();
        command.get_arguments().find(|arg| Some(arg.get_id().as_str()) == id)
    };
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(all))) => ConfigError::Missing(
            all.iter()
                .filter_map(|text| named(text))
                .map(|arg| Missing { variable: variable(arg), secret: is_secret(arg), help: help(arg) })
                .collect(),
        ),
        (_, Some(ContextValue::String(text))) => {
            let (name, secret) = named(text).map_or((text.clone(), true), |arg| (variable(arg), is_secret(arg)));
            ConfigError::invalid(&name, reason(error, secret))
        }
        _ => ConfigError::invalid("the environment", error.kind().to_string()),
    }
}

fn reason(error: &clap::Error, secret: bool) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if !secret => format!("'{value}' "),
        _ => "the value ".into(),
    };
    match (error.get(ContextKind::ValidValue), error.source()) {
        (Some(ContextValue::Strings(allowed)), _) => format!("{value}is none of {}", allowed.join(", ")),
        (_, Some(source)) if source.is::<ParseIntError>() => format!("{value}is not right: give a whole number"),
        (_, Some(source)) if source.is::<AddrParseError>() => {
            format!("{value}is not right: give an address and a port, for example 127.0.0.1:8080")
        }
        (_, Some(source)) if !secret => format!("{value}is not right: {source}"),
        _ => format!("{value}is not right"),
    }
}

/// The first paragraph of a setting's description, on one line.
pub(super) fn help(arg: &Arg) -> String {
    arg.get_help().map(|help| help.to_string().replace('\n', " ")).unwrap_or_default()
}
