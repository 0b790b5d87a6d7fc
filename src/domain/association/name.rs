//! The name that a new subscription gets. The partner may change it in Halo at will: INFIMA never
//! writes it again.

/// The name unless the partner has chosen another one.
pub const DEFAULT_NAME: &str = "INFIMA Security Awareness Training";

/// A name is known by this as INFIMA's, where a list shows nothing else of a record.
const BRAND: &str = "INFIMA";

const CLIENT: &str = "{client}";
const CUSTOMER: &str = "{customer}";

/// A partner's name of new subscriptions, in which `{client}` stands for the client's name and
/// `{customer}` for that of the Halo customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate(String);

/// Why a text is no template, in words for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotATemplate {
    #[error("Enter a name.")]
    Empty,
    #[error("The name is too long. Use at most {} characters.", NameTemplate::MOST)]
    TooLong,
    #[error("The name has a character that cannot be shown, such as a line break. Remove it.")]
    Unprintable,
    /// A brace that is not part of a known place.
    #[error("Only {{client}} and {{customer}} can be filled in. Remove the other braces.")]
    UnknownPlace,
    /// Where a list shows nothing else of a record, it is recognised by this word.
    #[error("The name has to contain the word INFIMA, by which INFIMA recognises its subscriptions in Halo.")]
    Unbranded,
}

impl NameTemplate {
    /// The most characters of a template. The names that are filled in come on top.
    pub const MOST: usize = 120;

    pub fn parse(text: &str) -> Result<Self, NotATemplate> {
        let text = text.trim();
        let literal = text.replace(CLIENT, "").replace(CUSTOMER, "");
        if text.is_empty() {
            return Err(NotATemplate::Empty);
        }
        if text.chars().count() > Self::MOST {
            return Err(NotATemplate::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(NotATemplate::Unprintable);
        }
        if literal.contains(['{', '}']) {
            return Err(NotATemplate::UnknownPlace);
        }
        if !is_branded(&literal) {
            return Err(NotATemplate::Unbranded);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a subscription may be INFIMA's, by its name.
pub fn is_branded(name: &str) -> bool {
    name.to_ascii_lowercase().contains(&BRAND.to_ascii_lowercase())
}

/// The first name of a subscription. Clients of one customer have different names.
pub fn initial_name(template: Option<&NameTemplate>, client: &str, customer: Option<&str>, shared: bool) -> String {
    let template = template.map_or(DEFAULT_NAME, NameTemplate::as_str);
    // Name by name, so that a name with a place in it is not filled in again.
    let filled: String = template
        .split_inclusive('}')
        .map(|part| match (part.strip_suffix(CLIENT), part.strip_suffix(CUSTOMER)) {
            (Some(before), _) => format!("{before}{client}"),
            (_, Some(before)) => format!("{before}{}", customer.unwrap_or(client)),
            (None, None) => part.to_owned(),
        })
        .collect();
    if shared && !template.contains(CLIENT) { format!("{filled} – {client}") } else { filled }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> NameTemplate {
        NameTemplate::parse(text).unwrap()
    }

    #[test]
    fn name_is_filled_in_once() {
        let name = |text: &str, shared| initial_name(Some(&template(text)), "{customer} Ltd", Some("Alder"), shared);
        assert_eq!(name("INFIMA for {client} at {customer}", false), "INFIMA for {customer} Ltd at Alder");
        assert_eq!(name("{customer}: Infima", false), "Alder: Infima");
        assert_eq!(initial_name(Some(&template("INFIMA {customer}")), "Birch", None, false), "INFIMA Birch");
    }

    #[test]
    fn clients_of_one_customer_have_different_names() {
        assert_eq!(initial_name(None, "Birch", None, false), DEFAULT_NAME);
        assert_eq!(initial_name(None, "Birch", None, true), format!("{DEFAULT_NAME} – Birch"));
        assert_eq!(initial_name(Some(&template("INFIMA")), "Birch", Some("Alder"), true), "INFIMA – Birch");
        assert_eq!(initial_name(Some(&template("INFIMA {client}")), "Birch", Some("Alder"), true), "INFIMA Birch");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let refused = |text: &str| NameTemplate::parse(text).unwrap_err();
        assert_eq!(refused(" "), NotATemplate::Empty);
        assert_eq!(refused(&format!("INFIMA {}", "x".repeat(NameTemplate::MOST))), NotATemplate::TooLong);
        assert_eq!(refused("INFIMA\n{client}"), NotATemplate::Unprintable);
        assert_eq!(refused("INFIMA {users}"), NotATemplate::UnknownPlace);
        assert_eq!(refused("INFIMA {client"), NotATemplate::UnknownPlace);
        assert_eq!(refused("Training of {client}"), NotATemplate::Unbranded);
        // The name of a client is not what INFIMA is known by.
        assert_eq!(refused("{client}"), NotATemplate::Unbranded);
    }
}
