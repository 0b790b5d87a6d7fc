/// What is logged, and how it is written.
#[derive(Clone, Debug, clap::Args)]
pub struct LogConfig {
    /// What is logged: a level, or levels by part, for example `info,infima_halo::halo=debug`
    #[arg(env = "INFIMA_LOG", id = "log", default_value = "info")]
    pub filter: String,

    /// How it is written: `text` for people, `json` for machines, `auto` is text on a terminal and json elsewhere
    #[arg(env = "INFIMA_LOG_FORMAT", id = "log-format", default_value = "auto", value_enum)]
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}
