use super::parse;

/// What the API shows beside a partner's own data.
#[derive(Clone, Debug, clap::Args)]
pub struct DisplayConfig {
    /// Address at which the guide for partners is published; problems then carry the address of
    /// the heading that describes their solution
    #[arg(env = "INFIMA_GUIDE_URL", id = "guide-url", value_parser = guide)]
    pub guide_url: Option<String>,

    /// E-mail addresses of users that a partner's administrators see behind a count: `masked`, or
    /// `whole` where your privacy policy allows it; everybody else sees masked ones
    #[arg(env = "INFIMA_USER_ADDRESSES", id = "user-addresses", default_value = "masked", value_enum)]
    pub user_addresses: UserAddresses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum UserAddresses {
    Masked,
    Whole,
}

/// An address without a fragment: headings are added as one.
fn guide(text: &str) -> Result<String, String> {
    let url = parse::web_address(text)?;
    match url.fragment() {
        None => Ok(url.into()),
        Some(_) => Err("give the address of the whole guide, without # and a heading".into()),
    }
}
