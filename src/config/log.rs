/// What is logged, and in which format.
#[derive(Clone, Debug, clap::Args)]
pub struct LogConfig {
    /// What is logged: a level, or levels by module, for example `info,infima_halo::halo=debug`
    #[arg(env = "INFIMA_LOG", id = "log", default_value = "info")]
    pub filter: String,

    /// Format of the log: `text`, `json`, or `auto` (text on a terminal, json elsewhere)
    #[arg(env = "INFIMA_LOG_FORMAT", id = "log-format", default_value = "auto", value_enum)]
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}
