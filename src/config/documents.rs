/// Which operations partners' callers may run.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DocumentsConfig {
    /// Operations outside the frontend's contract, sent by partners' callers: `enforce` refuses
    /// them, `report` logs them, `off` accepts them
    #[arg(env = "INFIMA_TRUSTED_DOCUMENTS", id = "trusted-documents", default_value = "enforce", value_enum)]
    pub trusted: TrustedDocuments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TrustedDocuments {
    Enforce,
    Report,
    Off,
}
