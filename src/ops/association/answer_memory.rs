//! Answers of Halo that are under way, or were given a moment ago: who asks the same shares them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

/// A bounded number of answers, each for a bounded time.
pub(super) struct AnswerMemory<K, V> {
    remembered: Duration,
    most: usize,
    known: Mutex<HashMap<K, Remembered<V>>>,
}

struct Remembered<V> {
    begun: Instant,
    answer: Arc<OnceCell<V>>,
}

impl<K: Eq + Hash, V> AnswerMemory<K, V> {
    pub fn new(remembered: Duration, most: usize) -> Self {
        Self { remembered, most, known: Mutex::default() }
    }

    /// Returns the place of the answer, which the first caller fills.
    pub fn find(&self, key: K, now: Instant) -> Arc<OnceCell<V>> {
        let mut known = self.known.lock().expect("never held across a panic");
        known.retain(|_, entry| {
            let is_under_way = !entry.answer.initialized() && Arc::strong_count(&entry.answer) > 1;
            is_under_way || now.duration_since(entry.begun) < self.remembered
        });
        if let Some(found) = known.get(&key) {
            return found.answer.clone();
        }
        let answer = Arc::new(OnceCell::new());
        if known.len() < self.most {
            known.insert(key, Remembered { begun: now, answer: answer.clone() });
        }
        answer
    }

    /// Forgets the answer: the next caller asks again.
    pub fn forget(&self, key: &K) {
        self.known.lock().expect("never held across a panic").remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_shared_until_its_time_is_over() {
        let memory = AnswerMemory::<&str, u32>::new(Duration::from_secs(300), 2);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        memory.find("a", at(0)).set(1).expect("no answer yet");
        assert_eq!(memory.find("a", at(299)).get(), Some(&1));
        assert_eq!(memory.find("a", at(300)).get(), None);
        // A failure leaves no answer, and the next caller asks again.
        assert_eq!(memory.find("a", at(301)).get(), None);
    }

    #[test]
    fn number_of_answers_is_bounded_and_each_can_be_forgotten() {
        let memory = AnswerMemory::<&str, u32>::new(Duration::from_secs(300), 1);
        let now = Instant::now();
        memory.find("a", now).set(1).expect("no answer yet");
        memory.find("b", now).set(2).expect("no answer yet");
        assert_eq!((memory.find("a", now).get(), memory.find("b", now).get()), (Some(&1), None));
        memory.forget(&"a");
        assert_eq!(memory.find("a", now).get(), None);
    }
}
