//! The real program, as a process of its own.

use std::process::{ExitStatus, Stdio};

use infima_halo::config::Variables;
use infima_halo::net::{Answer, AnswerLimits, Call, HttpClient, HttpLimits};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::{LONGEST, until};

/// The program with these arguments, and an environment in which nothing of ours is set.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infima-halo"));
    let ours = Variables::of_this_process();
    let kept = ["PATH", "HOME", "TMPDIR"].into_iter().filter_map(|name| Some((name, ours.get(name)?)));
    command.args(arguments).env_clear().envs(kept).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The output of a program that has ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program to its end.
pub async fn run(command: &mut Command) -> Ended {
    let output = tokio::time::timeout(LONGEST, command.output()).await.expect("it ends").expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("it writes UTF-8");
    Ended { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A program that is running.
pub struct Running {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("it starts");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let stderr = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        Self { child, stdout, stderr }
    }

    /// Waits for a line on stdout that begins with this.
    pub async fn says(&mut self, beginning: &str) -> String {
        line(&mut self.stdout, |line| line.starts_with(beginning), beginning).await.1
    }

    /// Waits for a line on stdout that begins with this, and gives what was said until then.
    pub async fn says_before(&mut self, beginning: &str) -> String {
        line(&mut self.stdout, |line| line.starts_with(beginning), beginning).await.0.join("\n")
    }

    /// Waits for a line in the logs that holds this.
    pub async fn logs(&mut self, part: &str) -> String {
        line(&mut self.stderr, |line| line.contains(part), part).await.1
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().expect("it is running").cast_signed())
    }

    /// Sends SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Sends SIGTERM, and gives the exit status.
    pub async fn stop(mut self) -> ExitStatus {
        kill(self.pid(), Signal::SIGTERM).expect("it is there");
        tokio::time::timeout(LONGEST, self.child.wait()).await.expect("it stops").expect("it can be waited for")
    }

    /// Waits until the program ends by itself.
    pub async fn end(mut self) -> Ended {
        let ending = async {
            let (mut stdout, mut stderr) = (String::new(), String::new());
            let (mut out, mut err) = (self.stdout.into_inner(), self.stderr.into_inner());
            let (read_out, read_err) = tokio::join!(out.read_to_string(&mut stdout), err.read_to_string(&mut stderr));
            read_out.and(read_err).expect("it writes UTF-8");
            Ended { status: self.child.wait().await.expect("it can be waited for"), stdout, stderr }
        };
        tokio::time::timeout(LONGEST, ending).await.expect("it ends")
    }
}

async fn line<R: tokio::io::AsyncRead + Unpin>(
    lines: &mut Lines<BufReader<R>>,
    wanted: impl Fn(&str) -> bool,
    what: &str,
) -> (Vec<String>, String) {
    let looking = async {
        let mut said = Vec::new();
        loop {
            match lines.next_line().await.expect("it writes UTF-8") {
                Some(line) if wanted(&line) => return (said, line),
                Some(line) => said.push(line),
                None => panic!("it ended without saying {what:?}:\n{}", said.join("\n")),
            }
        }
    };
    tokio::time::timeout(LONGEST, looking).await.unwrap_or_else(|_| panic!("it never says {what:?}"))
}

/// A client for plain GETs. One for each test: its connections belong to the test's runtime.
pub struct Web(HttpClient);

impl Web {
    pub fn new() -> Self {
        Self(HttpClient::for_configured_addresses(HttpLimits::default()).expect("the test has a client"))
    }

    pub async fn get(&self, url: &str) -> Answer {
        // A page may be a bundle of several megabytes.
        let limits = AnswerLimits { bytes: usize::MAX, ..AnswerLimits::PAGE };
        self.0.send(Call::get(url.parse().expect("an address"), limits)).await.expect("it answers")
    }

    /// Repeats the request until the JSON response is as expected.
    pub async fn get_until(&self, url: &str, wanted: impl Fn(&Value) -> bool) {
        until(async || wanted(&serde_json::from_slice(&self.get(url).await.body).expect("it answers JSON"))).await;
    }
}
