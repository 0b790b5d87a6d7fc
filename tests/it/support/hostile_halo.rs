//! A Halo that takes up what it can of the integration that calls it, after it has been an honest
//! one for long enough to be connected and mapped.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use infima_halo::halo::VENDOR;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The ids of its customers.
pub const CUSTOMERS: std::ops::Range<i32> = 120..124;

/// What it does to the lists and records that it is asked for; the last ones are about the answers
/// before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Attack {
    /// 500,000 rows on each page.
    ManyRows,
    /// Pages of 999 rows of ours, and always one more.
    EndlessPages,
    /// 64 MB in 400 KB.
    GzipBomb,
    /// One name of almost 8 MB.
    HugeText,
    /// 999 rows with names of 2 KB.
    LongTexts,
    /// A record with a million values.
    ManyValues,
    DeepNesting,
    /// Numbers beyond every type, fractions as ids, texts as numbers.
    OddNumbers,
    /// 600 KB at once, then a byte now and then.
    SlowDrip,
    /// 360 KB of headers.
    HugeHeaders,
    /// A token of 20 KB.
    LongToken,
    /// A token of 15 MB.
    HugeToken,
    /// A description of itself of 15 MB.
    HugeDescription,
}

#[derive(Default)]
struct State {
    /// Its identity.
    name: String,
    attack: Option<Attack>,
    subscriptions: BTreeMap<i32, Value>,
}

pub struct HostileHalo {
    pub address: String,
    state: Arc<Mutex<State>>,
}

impl HostileHalo {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let state = Arc::new(Mutex::new(State { name: address.replace([':', '.'], "-"), ..State::default() }));
        let shared = state.clone();
        let router = Router::new().fallback(
            move |method: Method, uri: Uri, Query(query): Query<BTreeMap<String, String>>, body: Bytes| async move {
                let attack = shared.lock().unwrap().attack;
                attack.and_then(|attack| attacked(attack, &uri, &query)).unwrap_or_else(|| {
                    let answer = honest(&mut shared.lock().unwrap(), &method, &uri, &query, &body);
                    answer.to_string().into_response()
                })
            },
        );
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, state }
    }

    /// Begins an attack, or is honest from now on.
    pub fn set(&self, attack: Option<Attack>) {
        self.state.lock().unwrap().attack = attack;
    }
}

/// Four customers, and the subscriptions that were created.
fn honest(
    State { name, subscriptions, .. }: &mut State,
    method: &Method,
    uri: &Uri,
    query: &BTreeMap<String, String>,
    body: &[u8],
) -> Value {
    let customer = |id: i32| json!({ "id": id, "name": format!("Customer {id}"), "inactive": false });
    let id = uri.path().rsplit('/').next().and_then(|id| id.parse().ok()).unwrap_or(0);
    match uri.path() {
        "/api/authinfo" => json!({ "tenant_id": name, "auth_url": "/auth" }),
        "/auth/token" => json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 1, "scope": "all" }),
        "/api/Client" => CUSTOMERS.map(customer).collect(),
        path if path.starts_with("/api/Client/") => customer(id),
        "/api/SoftwareLicence" if method == Method::POST => {
            let mut record = serde_json::from_slice::<Value>(body).expect("it is JSON")[0].take();
            let id = record["id"].as_i64().map_or(9001 + subscriptions.len() as i32, |id| id as i32);
            record["id"] = json!(id);
            let stored = subscriptions.entry(id).or_insert_with(|| json!({ "is_active": true }));
            let members = record.as_object().expect("a record").clone();
            stored.as_object_mut().expect("a record").extend(members);
            json!([stored])
        }
        "/api/SoftwareLicence" => {
            let customer = query.get("client_id").and_then(|id| id.parse::<i64>().ok());
            let shown = |row: &&Value| customer.is_none_or(|customer| row["client_id"] == customer);
            let first_page = query.get("page_no").is_none_or(|page| page == "1");
            subscriptions.values().filter(|_| first_page).filter(shown).cloned().collect()
        }
        path if path.starts_with("/api/SoftwareLicence/") => subscriptions.get(&id).cloned().unwrap_or_default(),
        _ => json!([]),
    }
}

static TINY_ROWS: LazyLock<Bytes> = LazyLock::new(|| {
    let rows: Vec<_> = (0..500_000).map(|id| format!(r#"{{"id":{id},"client_id":120}}"#)).collect();
    format!("[{}]", rows.join(",")).into()
});

static HUGE_TEXT: LazyLock<Bytes> =
    LazyLock::new(|| format!(r#"[{{"id":120,"name":"{}"}}]"#, "n".repeat(8_000_000)).into());
static HUGE_TOKEN: LazyLock<Bytes> = LazyLock::new(|| token(15 << 20));
static HUGE_DESCRIPTION: LazyLock<Bytes> =
    LazyLock::new(|| format!(r#"{{"tenant_id":"hostile","x":"{}"}}"#, "x".repeat(15 << 20)).into());

/// The attack's answer to this request; none if the request is not what the attack is about.
fn attacked(attack: Attack, uri: &Uri, query: &BTreeMap<String, String>) -> Option<Response> {
    let about = match uri.path() {
        "/api/authinfo" => &[Attack::HugeDescription][..],
        "/auth/token" => &[Attack::LongToken, Attack::HugeToken],
        _ => {
            use Attack::*;
            &[
                ManyRows,
                EndlessPages,
                GzipBomb,
                HugeText,
                LongTexts,
                ManyValues,
                DeepNesting,
                OddNumbers,
                SlowDrip,
                HugeHeaders,
            ]
        }
    };
    if !about.contains(&attack) {
        return None;
    }
    let page: i64 = query.get("page_no").and_then(|page| page.parse().ok()).unwrap_or(1);
    let rows = |name: &str| -> String {
        let row = |place: i64| {
            let id = page * 999 + place;
            format!(
                r#"{{"id":{id},"client_id":120,"name":"{name}","client_name":"{name}","vendor":"{VENDOR}","count":3,"product_sku":"infima:{id}"}}"#
            )
        };
        let key = match uri.path() {
            "/api/Client" => "clients",
            "/api/RecurringInvoice" => "invoices",
            _ => "licences",
        };
        let rows: Vec<_> = (0..999).map(row).collect();
        format!(r#"{{"record_count":100000000,"{key}":[{}]}}"#, rows.join(","))
    };
    Some(match attack {
        Attack::ManyRows => TINY_ROWS.clone().into_response(),
        Attack::EndlessPages => rows(&"n".repeat(500)).into_response(),
        Attack::GzipBomb => ([("content-encoding", "gzip")], GZIP_BOMB.clone()).into_response(),
        Attack::HugeText => HUGE_TEXT.clone().into_response(),
        Attack::LongTexts => rows(&"語".repeat(650)).into_response(),
        Attack::ManyValues => {
            format!(r#"{{"id":9001,"client_id":120,"count":3,"x":[0{}]}}"#, ",0".repeat(1_000_000)).into_response()
        }
        Attack::DeepNesting => {
            format!(r#"[{{"id":120,"x":{}{}}}]"#, "[".repeat(200_000), "]".repeat(200_000)).into_response()
        }
        Attack::OddNumbers => {
            r#"[{"id":"120","count":"-0"},{"id":121.5,"count":1e400},{"id":-0,"count":1e308}]"#.into_response()
        }
        Attack::SlowDrip => {
            let beginning = format!(r#"[{{"id":120,"name":"{}"#, "n".repeat(600_000));
            let drops = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some((Bytes::from_static(b"n"), ()))
            });
            let body = stream::iter([Bytes::from(beginning)]).chain(drops).map(Ok::<_, Infallible>);
            Body::from_stream(body).into_response()
        }
        Attack::HugeHeaders => {
            let mut response = "[]".into_response();
            let value = HeaderValue::from_str(&"h".repeat(4_000)).expect("a plain value");
            for number in 0..90 {
                let name = HeaderName::from_bytes(format!("x-{number}").as_bytes()).expect("a plain name");
                response.headers_mut().insert(name, value.clone());
            }
            response
        }
        Attack::LongToken => token(20 << 10).into_response(),
        Attack::HugeToken => HUGE_TOKEN.clone().into_response(),
        Attack::HugeDescription => HUGE_DESCRIPTION.clone().into_response(),
    })
}

fn token(length: usize) -> Bytes {
    format!(r#"{{"access_token":"{}","expires_in":3600,"scope":"all"}}"#, "t".repeat(length)).into()
}

/// `[{"id":120,"name":"nnn…`, with 64 MB of the last letter: one block of Deflate that repeats the
/// letter before it, 258 at a time.
static GZIP_BOMB: LazyLock<Bytes> = LazyLock::new(|| {
    let mut bits = Bits::default();
    // The last block, with the fixed codes.
    bits.push(0b1, 1);
    bits.push(0b01, 2);
    for letter in br#"[{"id":120,"name":"n"# {
        bits.push_code(u32::from(*letter) + 0b0011_0000, 8);
    }
    for _ in 0..(64 << 20) / 258 {
        // Length 258, distance 1.
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    header.into_iter().chain(bits.bytes).collect()
});

/// Bits in the order of Deflate: the lowest bit of a byte comes first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, value: u32, length: usize) {
        for place in 0..length {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (value >> place & 1) as u8;
            *self.bytes.last_mut().expect("it was pushed") |= bit << (self.used % 8);
            self.used += 1;
        }
    }

    /// A code of Huffman's comes with its highest bit first.
    fn push_code(&mut self, code: u32, length: usize) {
        for place in (0..length).rev() {
            self.push(code >> place & 1, 1);
        }
    }
}
