//! Reads the body of an answer as it arrives: inflates, measures and collects it, within its
//! limits.
//!
//! A few bytes of gzip may be many of JSON, and reading those takes time. Beyond the first tens of
//! KB it is done outside the threads that serve requests, in short steps, so that no answer keeps
//! another request waiting.

use std::{
    io::{self, Write},
    mem,
    time::Duration,
};

use flate2::write::MultiGzDecoder;
use hyper::body::Bytes;
use tokio::time::Instant;

use super::{
    AnswerLimits, do_heavy_work,
    in_flight::{Held, NoPermit},
    json_meter::JsonMeter,
};

/// This much of an answer is read on the threads that serve requests, in bytes.
const READ_AT_ONCE: usize = 32 << 10;
/// The most that one step adds to the body, in bytes; an inflater adds a few tens of KB more.
const STEP: usize = 256 << 10;
/// The most bytes that are read of an answer that is no success.
const MAX_ERROR: usize = 64 << 10;

/// The body of an answer so far.
pub(super) struct AnswerBody {
    decoder: Decoder,
    /// The place among the answers in flight. It goes where the bytes go.
    held: Option<Held>,
    /// For how long the answer had to wait for its places.
    pub waited: Duration,
    is_empty: bool,
}

enum Decoder {
    Plain(Collected),
    Gzip(Box<MultiGzDecoder<Collected>>),
}

/// The bytes after decompression.
struct Collected {
    bytes: Vec<u8>,
    /// `None` for an answer that is no success: it is cut instead.
    meter: Option<JsonMeter>,
    limits: AnswerLimits,
    is_too_large: bool,
}

/// The reason why a body cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    TooLarge,
    /// It should be gzip, and is not, or not all of it.
    Corrupt,
    /// Other answers took up all places until the deadline.
    NoPlace,
}

impl AnswerBody {
    pub fn new(is_gzip: bool, is_success: bool, limits: AnswerLimits, held: Option<Held>) -> Self {
        let meter = is_success.then(JsonMeter::default);
        let collected = Collected { bytes: Vec::new(), meter, limits, is_too_large: false };
        let decoder = match is_gzip {
            true => Decoder::Gzip(Box::new(MultiGzDecoder::new(collected))),
            false => Decoder::Plain(collected),
        };
        Self { decoder, held, waited: Duration::ZERO, is_empty: true }
    }

    /// Reads what has arrived. Waits for a larger place where that is needed, not beyond the
    /// deadline.
    pub async fn read(mut self, mut arrived: Bytes, deadline: Instant) -> Result<Self, Unreadable> {
        self.is_empty &= arrived.is_empty();
        while !arrived.is_empty() && !self.is_cut() {
            let size = self.collected().bytes.len();
            if let Some(held) = self.held.as_mut().filter(|held| held.size_permitted() <= size) {
                let began = Instant::now();
                held.grow(size + 1, deadline).await.map_err(|NoPermit| Unreadable::NoPlace)?;
                self.waited += began.elapsed();
            }
            if size < READ_AT_ONCE {
                self.read_until(&mut arrived, READ_AT_ONCE)?;
                continue;
            }
            let until = self.held.as_ref().map_or(usize::MAX, Held::size_permitted).min(size + STEP);
            let step = do_heavy_work(move || self.read_until(&mut arrived, until).map(|()| (self, arrived)));
            (self, arrived) = step.await.unwrap_or(Err(Unreadable::Corrupt))?;
        }
        Ok(self)
    }

    /// Whether the rest is of no interest.
    pub fn is_cut(&self) -> bool {
        self.collected().is_cut()
    }

    /// Returns the whole body, and its place.
    pub fn finish(mut self) -> Result<(Vec<u8>, Option<Held>), Unreadable> {
        let is_whole = match &mut self.decoder {
            Decoder::Gzip(decoder) if !self.is_empty => decoder.try_finish().is_ok(),
            _ => true,
        };
        let collected = self.collected();
        if collected.is_too_large {
            return Err(Unreadable::TooLarge);
        }
        // What can be read of an error's description serves.
        if !is_whole && collected.meter.is_some() {
            return Err(Unreadable::Corrupt);
        }
        let bytes = match &mut self.decoder {
            Decoder::Plain(collected) => mem::take(&mut collected.bytes),
            Decoder::Gzip(decoder) => mem::take(&mut decoder.get_mut().bytes),
        };
        self.held.iter_mut().for_each(Held::end_request);
        Ok((bytes, self.held))
    }

    fn read_until(&mut self, arrived: &mut Bytes, until: usize) -> Result<(), Unreadable> {
        while !arrived.is_empty() && !self.is_cut() && self.collected().bytes.len() < until {
            let read = match &mut self.decoder {
                Decoder::Plain(collected) => {
                    let fits = arrived.len().min(until - collected.bytes.len());
                    collected.write(&arrived[..fits])
                }
                Decoder::Gzip(decoder) => decoder.write(arrived),
            };
            match read {
                Ok(read) if read > 0 => drop(arrived.split_to(read)),
                _ if self.collected().is_too_large => return Err(Unreadable::TooLarge),
                _ => return Err(Unreadable::Corrupt),
            }
        }
        Ok(())
    }

    fn collected(&self) -> &Collected {
        match &self.decoder {
            Decoder::Plain(collected) => collected,
            Decoder::Gzip(decoder) => decoder.get_ref(),
        }
    }
}

impl Collected {
    fn is_cut(&self) -> bool {
        self.meter.is_none() && self.bytes.len() >= MAX_ERROR
    }
}

impl Write for Collected {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let size = self.bytes.len() + part.len();
        let Some(meter) = &mut self.meter else {
            self.bytes.extend_from_slice(&part[..part.len().min(MAX_ERROR.saturating_sub(self.bytes.len()))]);
            return Ok(part.len());
        };
        if size > self.limits.bytes || !meter.add(part, &self.limits) {
            self.is_too_large = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if size > self.bytes.capacity() {
            // Grows as a vector does, and not beyond the limit.
            self.bytes.reserve_exact((2 * size).min(self.limits.bytes) - self.bytes.len());
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use flate2::{Compression, write::GzEncoder};
    use futures::future::poll_immediate;
    use tokio::task::yield_now;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Reads a body that arrives in parts of this size.
    async fn read(sent: &[u8], part: usize, is_gzip: bool, is_success: bool) -> Result<Vec<u8>, Unreadable> {
        let limits = AnswerLimits { bytes: 1 << 20, ..AnswerLimits::PAGE };
        let mut body = AnswerBody::new(is_gzip, is_success, limits, None);
        for part in sent.chunks(part) {
            body = body.read(Bytes::copy_from_slice(part), Instant::now()).await?;
        }
        body.finish().map(|(bytes, _)| bytes)
    }

    #[tokio::test]
    async fn body_is_the_same_however_it_arrives() {
        for size in [0, 1, 1_000, READ_AT_ONCE, READ_AT_ONCE + 1, 1 << 20] {
            let text: Vec<u8> = (0..size).map(|place| b"0123456789"[place % 7]).collect();
            for part in [100, 16 << 10, 2 << 20] {
                for (sent, is_gzip) in [(text.clone(), false), (gzip(&text), true)] {
                    assert!(
                        read(&sent, part, is_gzip, true).await.as_ref() == Ok(&text),
                        "{size} by {part}, {is_gzip}"
                    );
                }
            }
        }
        let two_members = [gzip(b"[1"), gzip(b",2]")].concat();
        assert_eq!(read(&two_members, 5, true, true).await, Ok(b"[1,2]".to_vec()));
        assert_eq!(read(b"", 1, true, true).await, Ok(Vec::new()), "an empty body needs no header");
    }

    #[tokio::test]
    async fn body_beyond_its_limit_is_refused_and_an_error_is_cut() {
        let bomb = gzip(&vec![b'1'; 64 << 20]);
        assert_eq!(read(&bomb, 16 << 10, true, true).await, Err(Unreadable::TooLarge));
        assert_eq!(read(&bomb, 16 << 10, true, false).await, Ok(vec![b'1'; MAX_ERROR]));
        assert_eq!(read(&vec![b'1'; (1 << 20) + 1], 16 << 10, false, true).await, Err(Unreadable::TooLarge));
        assert_eq!(read(&vec![b'1'; 1 << 20], 16 << 10, false, false).await, Ok(vec![b'1'; MAX_ERROR]));
    }

    /// One thread serves everything here: without steps elsewhere, it would serve nothing else.
    #[tokio::test]
    async fn large_body_gives_other_requests_their_turn() {
        let bomb = gzip(&vec![b'1'; 8 << 20]);
        let limits = AnswerLimits { bytes: 8 << 20, ..AnswerLimits::PAGE };
        for (sent, is_gzip) in [(bomb, true), (vec![b'1'; 8 << 20], false)] {
            let body = AnswerBody::new(is_gzip, true, limits, None);
            let (mut turns, mut reading) = (0, pin!(body.read(sent.into(), Instant::now())));
            let body = loop {
                match poll_immediate(&mut reading).await {
                    Some(body) => break body,
                    None => turns += 1,
                }
                yield_now().await;
            };
            assert_eq!(body.unwrap().finish().unwrap().0.len(), 8 << 20);
            assert!(turns >= (8 << 20) / (2 * STEP), "{turns} turns");
        }
    }

    #[tokio::test]
    async fn damaged_gzip_is_not_taken_for_a_body() {
        let sent = gzip(&[b'1'; 100_000]);
        for damaged in [&sent[..sent.len() - 1], &sent[..5], b"[1,2,3]", &[&sent[..], b"rest"].concat()] {
            assert_eq!(read(damaged, 16 << 10, true, true).await, Err(Unreadable::Corrupt));
        }
        assert_eq!(read(&sent[..sent.len() - 1], 16 << 10, true, false).await, Ok(vec![b'1'; MAX_ERROR]));
    }
}
