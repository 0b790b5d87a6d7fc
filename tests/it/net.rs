//! The address guard and the limits of the HTTP clients.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::header::LOCATION, routing::get};
use futures::{FutureExt, StreamExt, future::join_all};
use infima_halo::net::{
    AllowList, AnswerLimits, Call, Guard, HttpClient, HttpLimits, NetError, StatusCode,
    guard::{Lookup, is_public},
};
use url::Url;

/// A guard whose resolver gives these answers, one after the other; the last one stays.
fn scripted(answers: &[&[&str]]) -> Guard {
    let mut script: Vec<Vec<IpAddr>> =
        answers.iter().rev().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
    let last = script[0].clone();
    let script = Mutex::new({
        script.remove(0);
        script
    });
    Guard::with_lookup(
        AllowList::default(),
        Arc::new(move |_| {
            let answer = script.lock().unwrap().pop().unwrap_or_else(|| last.clone());
            async move { Ok(answer) }.boxed()
        }),
    )
}

/// A server on loopback that counts its requests.
async fn server() -> (String, Arc<AtomicUsize>) {
    server_with(Router::new()).await
}

/// The same with more pages.
async fn server_with(pages: Router) -> (String, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = hits.clone();
    let router = pages
        .route("/small", get(|| async { "small" }))
        .route("/large", get(|| async { "x".repeat(4096) }))
        .route("/away", get(|| async { (StatusCode::FOUND, [(LOCATION, "http://169.254.169.254/latest/meta-data/")]) }))
        .layer(axum::middleware::from_fn(move |request, next: axum::middleware::Next| {
            counted.fetch_add(1, Ordering::SeqCst);
            next.run(request)
        }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, hits)
}

fn client(guard: Guard) -> HttpClient {
    let limits = HttpLimits { connect: Duration::from_secs(2), total: Duration::from_secs(5), answer: 1024 };
    HttpClient::for_typed_addresses(guard, limits).unwrap()
}

fn call(address: &str) -> Call<'static> {
    Call::get(Url::parse(address).unwrap(), AnswerLimits::PAGE)
}

#[test]
fn non_public_address_is_recognised() {
    let private = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 \
        172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 \
        224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 \
        64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: \
        2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1";
    for ip in private.split_whitespace() {
        assert!(!is_public(ip.parse().unwrap()), "{ip} is not public");
    }
    let public = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.0.1 198.17.0.1 198.20.0.1 \
        223.255.255.255 ::ffff:8.8.8.8 2001:200::1 2606:4700:4700::1111 2a00:1450:4001:80b::200e";
    for ip in public.split_whitespace() {
        assert!(is_public(ip.parse().unwrap()), "{ip} is public");
    }
}

/// None of these may lead to a connection; the guard's error is always the same.
#[tokio::test]
async fn blocked_addresses_are_refused_alike() {
    let (address, hits) = server().await;
    let port = address.rsplit_once(':').unwrap().1;
    let inside = client(scripted(&[&["127.0.0.1"]]));
    let blocked = [
        format!("http://{address}/small"),
        format!("https://{address}/small"),
        format!("http://localhost:{port}/small"),
        format!("http://2130706433:{port}/"),         // decimal
        format!("http://0177.0.0.1:{port}/"),         // octal
        format!("http://0x7f.1:{port}/"),             // hexadecimal, shortened
        format!("http://[::ffff:127.0.0.1]:{port}/"), // IPv4 in IPv6's clothes
        format!("https://localhost.:{port}/"),
        "https://127.0.0.1/".into(),
        "https://127.1/".into(),
        "https://0/".into(),
        "https://0x7f000001/".into(),
        "https://017700000001/".into(),
        "https://①②⑦.⓪.⓪.①/".into(),    // digits that are normalised to the plain ones
        "https://127。0。0。1/".into(), // and dots
        "https://[::ffff:10.0.0.1]/".into(),
        "https://[64:ff9b::7f00:1]/".into(), // NAT64
        "https://[2002:7f00:1::]/".into(),   // 6to4
        "https://[fd00::1]/".into(),
        "ftp://8.8.8.8/".into(),
        "https://127.0.0.1./".into(),
        "https://[::1]/".into(),
        "https://169.254.169.254/latest/meta-data/".into(),
        "https://8.8.8.8:8443/".into(), // public, but not the standard port
        "http://8.8.8.8/".into(),       // public, but not https
        "https://user@8.8.8.8/".into(),
        "https://user:pass@halo.example.com/".into(),
    ];
    for address in blocked {
        assert_eq!(inside.send(call(&address)).await.err(), Some(NetError::Blocked), "{address}");
    }
    // Every name resolves to loopback here.
    let names = ["halo.example.com", "halo.example.com.", "127.0.0.1.nip.io", "hälo.example.com"];
    for refused in join_all(names.map(|name| inside.send(call(&format!("https://{name}/"))))).await {
        assert_eq!(refused.err(), Some(NetError::Unreachable));
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0, "no request reached the internal address");
}

/// What a partner learns about a name of our network, and about one that does not exist.
#[tokio::test]
async fn internal_name_is_refused_like_one_that_does_not_exist() {
    use infima_halo::halo::{BudgetAnswer, Credentials, Halo, HaloSettings, Priority};
    let failing: Lookup = Arc::new(|_| async { Err(std::io::ErrorKind::NotFound.into()) }.boxed());
    let guards = [
        scripted(&[&["10.0.0.1"]]),
        scripted(&[&["169.254.169.254"]]),
        scripted(&[&["8.8.8.8", "::1"]]),
        scripted(&[&[]]),
        Guard::with_lookup(AllowList::default(), failing),
    ];
    let refusals = guards.map(async |guard| {
        let budget = Arc::new(|_| async { Ok(BudgetAnswer::Go) }.boxed());
        let clock = infima_halo::clock::Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
        let halo = Halo::new(client(guard), budget, clock, HaloSettings::default());
        let url = halo.address("https://vault.example.com").unwrap();
        let credentials = Credentials::new(url, "x", &secrecy::SecretString::from("x"));
        let session = halo.session(credentials, Priority::Interactive);
        let session = session.unverified_for(infima_halo::ids::PartnerId::generate());
        let began = Instant::now();
        let checks = format!("{:?}", session.check().await.checks);
        assert!(began.elapsed() >= Duration::from_millis(500), "the time shows which names exist");
        checks
    });
    let refusals = join_all(refusals).await;
    assert!(refusals[0].contains("NoAnswer") && refusals.iter().all(|it| *it == refusals[0]), "{refusals:#?}");
}

#[tokio::test]
async fn name_with_one_non_public_address_is_refused() {
    for mixed in [
        ["8.8.8.8", "10.0.0.1"],
        ["10.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "::1"],
        ["2606:4700:4700::1111", "::ffff:169.254.169.254"],
        ["2606:4700:4700::1111", "64:ff9b::a00:1"],
    ] {
        let mixed = client(scripted(&[&mixed]));
        assert_eq!(mixed.send(call("https://halo.example.com/")).await.err(), Some(NetError::Unreachable));
    }
    let nothing = client(scripted(&[&[]]));
    assert_eq!(nothing.send(call("https://halo.example.com/")).await.err(), Some(NetError::Unreachable));
}

/// The connection's own resolver decides, so an innocent first answer does not permit the second.
#[tokio::test]
async fn dns_rebinding_does_not_reach_a_private_address() {
    let guard = scripted(&[&["8.8.8.8"], &["127.0.0.1"]]);
    assert_eq!(guard.resolve("halo.example.com").await.unwrap(), ["8.8.8.8".parse::<IpAddr>().unwrap()]);
    assert!(guard.check_url(&Url::parse("https://halo.example.com/").unwrap()).is_ok());
    assert_eq!(client(guard).send(call("https://halo.example.com/")).await.err(), Some(NetError::Unreachable));
}

#[tokio::test]
async fn development_address_is_exempt_by_name_and_port() {
    let (address, _) = server().await;
    let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let allowed = client(Guard::new(AllowList::parse([&address]).unwrap()));
    assert_eq!(allowed.send(call(&format!("http://{address}/small"))).await.unwrap().body, b"small");
    for other in [format!("http://localhost:{port}/"), format!("http://127.0.0.1:{}/", port ^ 1)] {
        assert_eq!(allowed.send(call(&other)).await.err(), Some(NetError::Blocked), "{other}");
    }
    let spelt_otherwise = AllowList::parse([" LOCALHOST:4010", "[::1]:4011"]).unwrap();
    for url in ["http://localhost:4010/", "http://[::1]:4011/"] {
        assert!(spelt_otherwise.allows(&Url::parse(url).unwrap()), "{url}");
    }
    for entry in ["", "localhost", "http://localhost:80", "localhost:port", "a@b:1", "localhost:80/x"] {
        assert!(AllowList::parse([entry]).is_err(), "{entry:?}");
    }
}

#[tokio::test]
async fn response_is_capped_and_redirect_is_not_followed() {
    let (address, hits) = server().await;
    let allowed = client(Guard::new(AllowList::parse([&address]).unwrap()));
    let large = allowed.send(call(&format!("http://{address}/large"))).await;
    assert_eq!(large.err(), Some(NetError::TooLarge));
    let away = allowed.send(call(&format!("http://{address}/away"))).await.unwrap();
    assert_eq!(away.status, StatusCode::FOUND);
    assert_eq!(hits.load(Ordering::SeqCst), 2);
}

/// A host that sends two large answers and never ends them: a third one waits for its place, small
/// ones do not, and no place is lost.
#[tokio::test]
async fn large_answer_waits_for_its_place_and_small_one_does_not() {
    let endless = || async {
        let beginning = futures::stream::iter([Ok::<_, std::io::Error>(vec![b' '; 1 << 20])]);
        axum::body::Body::from_stream(beginning.chain(futures::stream::pending()))
    };
    let (address, hits) = server_with(
        Router::new().route("/endless", get(endless)).route("/page", get(|| async { vec![b' '; 1 << 20] })),
    )
    .await;
    let limits = HttpLimits { total: Duration::from_secs(5), ..HttpLimits::default() };
    let guard = Guard::new(AllowList::parse([&address]).unwrap());
    let client = HttpClient::for_typed_addresses(guard, limits).unwrap();
    let sends = async |path: &str| client.send(call(&format!("http://{address}{path}"))).await;
    let endless = futures::future::join3(sends("/endless"), sends("/endless"), sends("/endless"));
    let ((first, second, third), small) = tokio::join!(endless, async {
        crate::support::until(async || hits.load(Ordering::SeqCst) >= 3).await;
        sends("/small").await
    });
    let mut errors = [first, second, third].map(|sent| sent.err().expect("it does not end"));
    errors.sort_by_key(|error| *error == NetError::Busy);
    assert_eq!(errors, [NetError::Interrupted, NetError::Busy, NetError::Busy]);
    assert_eq!(small.unwrap().body, b"small");
    // An answer is in its place until it is dropped.
    let pages = (0..6).map(async |_| sends("/page").await.map(|page| page.body.len()));
    assert_eq!(join_all(pages).await, [Ok(1 << 20); 6], "six follow each other");
}

#[tokio::test]
async fn operator_address_may_be_private() {
    let (address, _) = server().await;
    let limits = HttpLimits { answer: 1024, ..HttpLimits::default() };
    let operator = HttpClient::for_configured_addresses(limits).unwrap();
    assert_eq!(operator.send(call(&format!("http://{address}/small"))).await.unwrap().body, b"small");
    assert_eq!(operator.send(call(&format!("http://{address}/large"))).await.err(), Some(NetError::TooLarge));
}

/// A token address that a Halo names is not followed to a host that the user did not type.
#[tokio::test]
async fn discovered_token_url_must_be_own_host_or_halo() {
    let (elsewhere, strangers) = server().await;
    let (said, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(Vec::new())));
    let (says, hears) = (said.clone(), asked.clone());
    let router = Router::new().fallback(move |uri: axum::http::Uri| async move {
        hears.lock().unwrap().push(uri.path().to_owned());
        match uri.path() {
            "/api/authinfo" => {
                let body = serde_json::json!({ "tenant_id": "x", "auth_url": *says.lock().unwrap() });
                (StatusCode::OK, body.to_string())
            }
            _ => (StatusCode::BAD_REQUEST, r#"{"error":"invalid_client"}"#.to_owned()),
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let http = client(Guard::new(AllowList::parse([&address, &elsewhere]).unwrap()));
    let clock = infima_halo::clock::Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
    let budget = Arc::new(|_| async { Ok(infima_halo::halo::BudgetAnswer::Go) }.boxed());
    let halo = infima_halo::halo::Halo::new(http, budget, clock, infima_halo::halo::HaloSettings::default());
    for auth_url in [
        format!("http://{elsewhere}/auth"), // allowed by itself, but the user did not type it
        "http://169.254.169.254/latest/meta-data/".into(),
        "https://halopsa.com.evil.example/auth".into(),
        "https://evilhalopsa.com/auth".into(),
        "https://x.halopsa.com:8443/auth".into(),
        "https://user:pass@x.halopsa.com/auth".into(),
        "http://x.halopsa.com/auth".into(),
        "//evil.example".into(),
        "javascript:alert(1)".into(),
        "auth".into(),
        format!("http://{address}/elsewhere/on/the/same/host"),
    ] {
        *said.lock().unwrap() = auth_url.clone();
        asked.lock().unwrap().clear();
        let url = halo.address(&format!("http://{address}")).unwrap();
        let secret = secrecy::SecretString::from(format!("secret for {auth_url}"));
        let credentials = infima_halo::halo::Credentials::new(url, "x", &secret);
        let session = halo.session(credentials, infima_halo::halo::Priority::Interactive);
        assert!(session.search_customers("", 1, 10).await.is_err());
        let asked = asked.lock().unwrap().clone();
        let token = if auth_url.contains("/elsewhere") { "/elsewhere/on/the/same/host/token" } else { "/auth/token" };
        assert!(asked.iter().any(|path| path == token), "{auth_url}: {asked:?}");
    }
    assert_eq!(strangers.load(Ordering::SeqCst), 0, "the secret went to a host that was not typed");
}

/// What a server calls its tenant is stored, shown and logged.
#[tokio::test]
async fn tenant_name_with_control_character_is_refused() {
    use infima_halo::halo::{BudgetAnswer, Credentials, Halo, HaloSettings, Priority};
    for name in ["ac\u{1b}[31mme", "ac\nme", "ac\0me"] {
        let said = serde_json::json!({ "tenant_id": name, "auth_url": "/auth" }).to_string();
        let router = Router::new().fallback(move || async { said });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let clock = infima_halo::clock::Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
        let http = client(Guard::new(AllowList::parse([&address]).unwrap()));
        let halo =
            Halo::new(http, Arc::new(|_| async { Ok(BudgetAnswer::Go) }.boxed()), clock, HaloSettings::default());
        let url = halo.address(&format!("http://{address}")).unwrap();
        let session = halo.session(Credentials::new(url, "x", &secrecy::SecretString::from("x")), Priority::Background);
        let tenant = session.tenant().await;
        assert!(!tenant.as_ref().is_ok_and(|tenant| tenant.0.contains(char::is_control)), "{name:?}: {tenant:?}");
    }
}

/// A Halo may name another host for its tokens, and any user can save such a Halo: the requests
/// count against the host they go to, apart from those of that host's own partner.
#[tokio::test]
async fn token_request_counts_against_its_own_host() {
    use infima_halo::halo::{
        Account, BudgetAnswer, BudgetRequest, Credentials, Halo, HaloSettings, LimitedBy, Priority,
    };
    let router =
        Router::new().fallback(|| async { r#"{ "tenant_id": "x", "auth_url": "https://victim.halopsa.com/auth" }"# });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    let budget = Arc::new(move |ask| {
        let BudgetRequest::Permit { account, .. } = ask else { panic!("no limit was reported") };
        // Nothing is sent to the real one.
        let answer = match account.host == "victim.halopsa.com" {
            true => BudgetAnswer::Wait { wait: Duration::from_secs(600), by: LimitedBy::OurBudget },
            false => BudgetAnswer::Go,
        };
        heard.lock().unwrap().push(account);
        async move { Ok(answer) }.boxed()
    });
    let clock = infima_halo::clock::Clock::manual("2026-11-24T09:00:00Z".parse().unwrap());
    let http = client(Guard::new(AllowList::parse([&address]).unwrap()));
    let halo = Halo::new(http, budget, clock, HaloSettings::default());
    let (partner, secret) = (infima_halo::ids::PartnerId::generate(), secrecy::SecretString::from("theirs"));
    let url = halo.address(&format!("http://{address}")).unwrap();
    let session = || halo.session(Credentials::new(url.clone(), "x", &secret), Priority::Background);
    let account = |host: &str, unverified_for| Account { host: host.to_owned(), unverified_for };
    let victim = account("victim.halopsa.com", Some(partner));
    for (session, own) in [(session().of_partner(partner), None), (session().unverified_for(partner), Some(partner))] {
        assert!(session.search_customers("", 1, 10).await.is_err());
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        assert_eq!(asked, [account(&address, own), victim.clone()]);
    }
}

/// The environment's proxies would see every secret, and would resolve names past the guard.
#[tokio::test]
async fn proxy_environment_variables_are_ignored() {
    use secrecy::ExposeSecret;
    let (proxy, by_proxy) = server().await;
    let (issuer, asked) = server().await;
    let database = crate::support::db::TestDatabase::create().await;
    let mut serve = crate::support::program::program(&["serve"]);
    serve
        .env("DATABASE_URL", database.app_url().expose_secret())
        .env("INFIMA_KEYS", "test:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=")
        .env("INFIMA_LISTEN", "127.0.0.1:0")
        .env("INFIMA_AUTH_JWKS_URL", format!("http://{issuer}/small"))
        .env("INFIMA_AUTH_ISSUER", "https://id.example.com")
        .env("INFIMA_AUTH_AUDIENCE", "halo");
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        serve.env(name, format!("http://{proxy}"));
    }
    let mut running = crate::support::program::Running::start(&mut serve);
    let line: serde_json::Value = serde_json::from_str(&running.logs("\"serving\"").await).unwrap();
    let http = crate::support::served::client();
    let url = format!("http://{}/graphql", line["address"].as_str().unwrap());
    // A token whose key has to be fetched.
    let token = "eyJhbGciOiJFUzI1NiIsImtpZCI6InVua25vd24ifQ.e30.AAAA";
    let answer = http.post(url).bearer_auth(token).json(&serde_json::json!({})).send().await.unwrap();
    assert!(answer.status().is_client_error() || answer.status().is_server_error());
    assert_eq!((asked.load(Ordering::SeqCst), by_proxy.load(Ordering::SeqCst)), (1, 0));
    running.kill().await;
}
