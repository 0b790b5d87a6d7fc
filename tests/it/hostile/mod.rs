//! Partners whose Halos attack the integration, all at once, and another partner beside them: the
//! real `serve` and the real `worker` stay small under every attack, each request ends in a code
//! that says what happened, and the other partner notices nothing: its queries are answered and its
//! sync succeeds.

mod scene;
mod set_aside;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use infima_halo::config::Variables;

use crate::support::hostile_halo::Attack;
use crate::support::worker::Worker;
use scene::Scene;

/// The most memory that `serve` and `worker` may take up, in MB.
const MOST: u64 = 200;
/// What the kernel refuses them, in MB. It also counts what is reserved and never used, such as the
/// rest of each thread's stack.
const MOST_RESERVED: u64 = 400;
/// How many searches the users of each hostile partner make at the same time, and by `make soak`.
const SEARCHES: usize = 16;
const MANY_SEARCHES: usize = 50;
/// How often the other partner asks meanwhile, at least.
const BESIDE: usize = 20;

/// What searches, previews and a sync end in. Under each attack some may also succeed, as a search
/// that is shown a page and a preview that shows the last known state; find that the memory for
/// answers is taken up; or run out of time on a slow machine.
const ATTACKS: [(Attack, &[&str]); 13] = [
    (Attack::ManyRows, &["answer_too_large"]),
    (Attack::EndlessPages, &["answer_too_large"]),
    (Attack::GzipBomb, &["answer_too_large"]),
    (Attack::HugeText, &["answer_too_large"]),
    (Attack::LongTexts, &["answer_too_large"]),
    (Attack::ManyValues, &["answer_too_large"]),
    (Attack::DeepNesting, &["answer_too_large"]),
    (Attack::OddNumbers, &["answer_not_understood"]),
    (Attack::SlowDrip, &["unreachable"]),
    (Attack::HugeHeaders, &["subscription_not_visible", "customers_not_visible"]),
    (Attack::LongToken, &["answer_not_understood"]),
    (Attack::HugeToken, &["answer_too_large"]),
    (Attack::HugeDescription, &["answer_too_large"]),
];
const ALWAYS_POSSIBLE: [&str; 4] = ["none", "budget_exhausted", "timeout", "unreachable"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_halos_take_up_no_memory_and_no_other_partner_notices() {
    let scene = Scene::set().await;
    let settings = scene.settings();
    let settings = settings.each_ref().map(|(name, value)| (*name, &**value));
    let (serve, url) = Worker::serve_within(&scene.world, MOST_RESERVED, &settings).await;
    let mut worker = Worker::within(&scene.world, MOST_RESERVED, &settings);
    worker.works().await;
    let processes = [&serve, &worker].map(|process| process.pid().as_raw());

    let soaking = Variables::of_this_process().get("INFIMA_SOAK_KILLS").is_some();
    let many = if soaking { MANY_SEARCHES } else { SEARCHES };
    let mut wrong = Vec::new();
    println!("{:<16} {:>6} {:>7} {:>9} {:>28}", "attack", "serve", "worker", "lasted", "neighbour: p50, p95, max");
    for (attack, expected) in ATTACKS {
        let ends = under(attack, &scene, &url, &processes, many).await;
        let is_named = |end: &String| expected.contains(&end.as_str()) || ALWAYS_POSSIBLE.contains(&end.as_str());
        let is_expected = ends.codes.iter().all(is_named) && expected.iter().any(|end| ends.codes.contains(*end));
        if !is_expected || ends.peaks.iter().any(|peak| *peak >= MOST) {
            wrong.push(format!("{attack:?}: {:?} MB, {:?}", ends.peaks, ends.codes));
        }
        scene.end_attacks().await;
    }
    worker.kill().await;
    serve.kill().await;
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
}

/// What an attack came to.
struct Ends {
    /// The most memory of `serve` and `worker`, in MB.
    peaks: [u64; 2],
    codes: BTreeSet<String>,
}

/// All hostile Halos attack while their partners' users search and preview, and syncs run.
async fn under(attack: Attack, scene: &Scene, url: &str, processes: &[i32; 2], many: usize) -> Ends {
    for pid in processes {
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the peak can be reset");
    }
    scene.hostile.iter().for_each(|hostile| hostile.halo.set(Some(attack)));
    let (began, beside) = (Instant::now(), scene.request_neighbours_sync().await);
    let (is_over, over) = tokio::sync::watch::channel(false);
    let attacked = async {
        let attacks = scene.hostile.iter().map(async |hostile| {
            let run = scene.request_sync(hostile.partner).await;
            let searches = join_all((0..many).map(|number| scene.search(url, hostile, format!("{attack:?} {number}"))));
            let previews = join_all((0..2).map(|_| scene.preview(url, hostile)));
            let (searches, previews, problems) = tokio::join!(searches, previews, scene.problems_of(run));
            searches.into_iter().chain(previews).chain(problems).collect::<Vec<_>>()
        });
        let ends = join_all(attacks).await;
        is_over.send_replace(true);
        ends
    };
    let answered = scene.neighbour_is_answered(url, BESIDE, over);
    let (ends, mut times, ()) = tokio::join!(attacked, answered, scene.is_synced(beside));
    let peaks = processes.map(peak);
    times.sort();
    let nth = |percent: usize| times[(times.len() - 1) * percent / 100];
    let ms = |time: Duration| format!("{} ms", time.as_millis());
    let codes = ends.into_iter().flatten().collect();
    println!(
        "{:<16} {:>3} MB {:>4} MB {:>9} {:>8} {:>9} {:>9}, {} answers, {codes:?}",
        format!("{attack:?}"),
        peaks[0],
        peaks[1],
        ms(began.elapsed()),
        ms(nth(50)),
        ms(nth(95)),
        ms(nth(100)),
        times.len(),
    );
    Ends { peaks, codes }
}

/// The most memory that the process has taken up since it was last reset, in MB.
fn peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is alive");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}
