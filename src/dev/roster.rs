//! Two partners as INFIMA's platform would report them: their clients and the people in training.

use serde_json::{Value, json};

pub(super) struct Partner {
    pub external_id: &'static str,
    pub name: &'static str,
    time_zone: &'static str,
    pub clients: &'static [Client],
}

pub(super) struct Client {
    pub external_id: &'static str,
    pub name: &'static str,
    /// The domain of its users' addresses.
    domain: &'static str,
    active: usize,
    deactivated: usize,
    archived: usize,
    /// How its active users change in the course of the steps: how many join, and how many are
    /// deactivated.
    pub joining: usize,
    pub leaving: usize,
}

pub(super) const NORTHWIND: Partner = Partner {
    external_id: "northwind-msp",
    name: "Northwind MSP",
    time_zone: "Europe/London",
    clients: &[
        client("alder-finch", "Alder & Finch LLP", "alderfinch.example", [24, 3, 2], [3, 1]),
        client("bluewater", "Bluewater Dental", "bluewaterdental.example", [11, 1, 0], [1, 0]),
        client("cafe-zoe", "Café Zoë", "cafezoe.example", [6, 2, 0], [0, 0]),
        client("drummond", "Drummond Logistics", "drummond.example", [68, 7, 4], [5, 2]),
        client("evergreen", "Evergreen Primary School", "evergreen.example", [42, 5, 6], [0, 4]),
        client("fjord", "Fjord Architekten GmbH", "fjord.example", [17, 2, 1], [2, 0]),
        client("granite", "Granite Peak Insurance", "granitepeak.example", [39, 4, 3], [0, 0]),
        client("harbourside", "Harbourside Vets", "harboursidevets.example", [8, 0, 0], [1, 1]),
        client("iona", "Iona Textiles", "ionatextiles.example", [14, 3, 0], [0, 0]),
        client("juniper", "Juniper Health Clinic", "juniperhealth.example", [31, 2, 2], [4, 0]),
        client("kestrel", "Kestrel Aviation", "kestrel.example", [22, 0, 1], [0, 0]),
        client("lodz", "Łódź Precision", "lodzprecision.example", [27, 1, 0], [0, 0]),
    ],
};

pub(super) const OTHER: Partner = Partner {
    external_id: "quayside-it",
    name: "Quayside IT",
    time_zone: "America/New_York",
    clients: &[
        client("quayside-printing", "Quayside Printing", "quaysideprinting.example", [9, 1, 0], [0, 0]),
        client("quayside-alder", "Alder & Finch LLP", "alderfinch-ny.example", [12, 0, 0], [0, 0]),
        client("vega", "Vega Robotics AB", "vega.example", [20, 2, 1], [0, 0]),
    ],
};

const fn client(
    external_id: &'static str,
    name: &'static str,
    domain: &'static str,
    [active, deactivated, archived]: [usize; 3],
    [joining, leaving]: [usize; 2],
) -> Client {
    Client { external_id, name, domain, active, deactivated, archived, joining, leaving }
}

impl Client {
    fn users_at_first(&self) -> impl Iterator<Item = Value> {
        let states = [("ACTIVE", self.active), ("DEACTIVATED", self.deactivated), ("ARCHIVED", self.archived)];
        let states = states.into_iter().flat_map(|(state, count)| std::iter::repeat_n(state, count));
        states.enumerate().map(|(number, state)| self.user(number, state, 1))
    }

    /// The newcomers are new users; those who leave were the first on the list.
    fn users_that_change(&self) -> impl Iterator<Item = Value> {
        let known = self.active + self.deactivated + self.archived;
        let joining = (known..known + self.joining).map(|number| self.user(number, "ACTIVE", 2));
        joining.chain((0..self.leaving).map(|number| self.user(number, "DEACTIVATED", 2)))
    }

    fn user(&self, number: usize, state: &str, version: u32) -> Value {
        json!({
            "externalId": format!("{}-{:03}", self.external_id, number + 1),
            "clientExternalId": self.external_id,
            "email": format!("{}@{}", person(number), self.domain),
            "state": state,
            "version": version,
        })
    }
}

/// The first report: partners, their clients and all users. Sent again it changes nothing, because
/// every record carries the version that its source gave it.
pub(super) fn first_report() -> Value {
    let all = [&NORTHWIND, &OTHER];
    let partners = all.map(|partner| {
        json!({
            "externalId": partner.external_id,
            "name": partner.name,
            "timeZone": partner.time_zone,
            "state": "ACTIVE",
            "version": 1,
        })
    });
    let clients = all.iter().flat_map(|partner| {
        partner.clients.iter().map(|client| {
            json!({
                "externalId": client.external_id,
                "partnerExternalId": partner.external_id,
                "name": client.name,
                "state": "ACTIVE",
                "version": 1,
            })
        })
    });
    let users = all.iter().flat_map(|partner| partner.clients).flat_map(Client::users_at_first);
    json!({
        "partners": partners,
        "clients": clients.collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
    })
}

/// The second report: those users who joined or left since.
pub(super) fn second_report() -> Value {
    let users = NORTHWIND.clients.iter().flat_map(Client::users_that_change);
    json!({ "users": users.collect::<Vec<_>>() })
}

/// The user's name in an e-mail address: another one for each number below 576.
fn person(number: usize) -> String {
    const FIRST: [&str; 24] = [
        "amina", "ben", "chloe", "daniel", "elena", "farid", "grace", "hugo", "ines", "jonas", "keiko", "liam", "maya",
        "noah", "olivia", "pavel", "quinn", "rosa", "samuel", "tara", "umar", "vera", "william", "yara",
    ];
    const LAST: [&str; 24] = [
        "abbott", "becker", "chen", "dubois", "eriksen", "fischer", "garcia", "hughes", "ivanova", "jensen", "kaur",
        "lopez", "murphy", "novak", "okafor", "patel", "quist", "rossi", "silva", "tanaka", "usman", "vogel", "walker",
        "young",
    ];
    let (first, round) = (number % FIRST.len(), number / FIRST.len());
    format!("{}.{}", FIRST[first], LAST[(first * 5 + round) % LAST.len()])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_user_has_an_own_address() {
        assert_eq!((0..576).map(person).collect::<BTreeSet<_>>().len(), 576);
    }

    #[test]
    fn leaving_users_are_among_the_active() {
        for client in NORTHWIND.clients {
            assert!(client.leaving <= client.active, "{}", client.name);
        }
    }
}
