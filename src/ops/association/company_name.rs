//! Compares the names of companies: without case, accents, width, punctuation and legal form.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Legal forms of the countries in which Halo is sold, as they read after folding, with the short
/// ones written as one word. They are removed at the end of a name only, repeatedly
/// (`GmbH & Co. KG`).
const LEGAL_FORMS: &str = "
    ltd, limited, plc, llp, lp, llc, pllc, pc, inc, incorporated, corp, corporation, co, company, cic, cio, dac, clg,
    uc, ulc, ltee, unlimited,
    pty, proprietary, pte, pvt, private, npc, rf, sdn, bhd, berhad, tbk,
    gmbh, ggmbh, ag, kg, kgaa, ohg, gbr, ug, haftungsbeschrankt, mbh, ev, eg, ek, ekfm, partg, partgmbb, mbb, se,
    stiftung, gesmbh, og, sarl, sagl,
    sa, sas, sasu, eurl, sci, snc, scs, scop, scp, selarl, srl, sprl, bv, bvba, nv, cv, vof, vzw, asbl, cvba,
    spa, sapa, sl, slu, slp, sll, sau, sc, scl, lda, unipessoal, ltda, eireli, epp, cia,
    sa de cv, s de rl de cv, sapi de cv, sab de cv,
    ab, hb, kb, as, asa, aps, ivs, oy, oyj, ab oy, ky, ehf, hf, uab, ou, sia,
    sp zoo, spk, spj, sro, spol sro, vos, kft, zrt, nyrt, bt, doo, dd, ood, eood, ead, ike, ae, epe, sti, ltd sti,
    ooo, oao, zao, pao, tov,
    fze, fzco, fzc, fz llc, dmcc, wll, bsc, saog, saoc, qsc, kk, gk, yk, kabushiki kaisha";

/// The words of each legal form.
static FORMS: LazyLock<Vec<Vec<&str>>> =
    LazyLock::new(|| entries(LEGAL_FORMS).map(|form| form.split(' ').collect()).collect());

/// Articles and legal forms that stand before a name.
const LEADING_FORMS: &str = "the, pt, cv, ooo, oao, zao, pao, tov, sia, uab, as, oy, ab";

/// Legal forms that are written without a space before or after the name.
const ATTACHED_FORMS: &str = "股份有限公司, 有限責任公司, 有限公司, 株式会社, 有限会社, 合同会社, (株), (有)";

/// Words for "and": dropped inside a name, so that `Smith & Jones` and `Smith and Jones` are equal.
const CONNECTORS: &str = "and, und, et, y, e, en, och, og, ja";

/// Words that many companies carry. They identify no company, so another word is searched for.
const GENERIC_WORDS: &str = "
    association, associates, business, care, center, centre, church, college, computers, construction, consultants,
    consulting, dental, design, digital, engineering, enterprises, europe, financial, foundation, global, group, health,
    healthcare, holding, holdings, home, industries, insurance, international, investments, legal, logistics, management, marketing, media,
    medical, national, office, partners, partnership, primary, products, properties, property, school, security, service,
    services, solution, solutions, supplies, support, systems, technologies, technology, trust, university";

/// Letters that Unicode does not decompose, and what they are commonly written as.
const FOLDED_LETTERS: &[(char, &str)] = &[
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('ð', "d"),
    ('þ', "th"),
    ('ħ', "h"),
    ('ı', "i"),
];

/// Letters that are also written as two, where a keyboard lacks them.
const SPELT_OUT: &[(char, &str)] = &[('ä', "ae"), ('ö', "oe"), ('ü', "ue"), ('å', "aa"), ('ø', "oe")];

/// A company's name, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyName {
    /// Folded words without legal form and connectors.
    words: Vec<String>,
    /// The same words with `ü` spelt out as `ue`.
    spelt_out: Vec<String>,
}

impl CompanyName {
    pub fn new(name: &str) -> Self {
        Self { words: words_of(&fold(name)), spelt_out: words_of(&fold(&spell_out(name))) }
    }

    /// Returns whether both have the same words in the same order, but for case, accents, spaces,
    /// punctuation, legal form, a leading `The` and words for "and".
    pub fn is_same_as(&self, other: &Self) -> bool {
        let same = |left: &[String], right: &[String]| !left.is_empty() && left.concat() == right.concat();
        same(&self.words, &other.words) || same(&self.words, &other.spelt_out) || same(&self.spelt_out, &other.words)
    }

    /// Returns the number of words that both names have.
    pub fn shared_words(&self, other: &Self) -> usize {
        let shared = |left: &[String], right: &[String]| left.iter().filter(|word| right.contains(word)).count();
        let as_written = shared(&self.words, &other.words);
        as_written.max(shared(&self.words, &other.spelt_out)).max(shared(&self.spelt_out, &other.words))
    }

    /// Returns the percentage of the words of both names that both have.
    pub fn likeness(&self, other: &Self) -> u8 {
        let all = self.words.len() + other.words.len();
        u8::try_from((200 * self.shared_words(other)).checked_div(all).unwrap_or(0).min(100)).unwrap_or(100)
    }

    /// Returns texts by which names are indexed: two names that are the same have one in common,
    /// and so have two of the same words in another order.
    pub fn keys(&self) -> BTreeSet<String> {
        let keys = |words: &[String]| {
            let mut sorted = words.to_vec();
            sorted.sort();
            [words.concat(), sorted.join(" ")]
        };
        let keys = keys(&self.words).into_iter().chain(keys(&self.spelt_out));
        keys.filter(|key| !key.is_empty()).collect()
    }

    /// Returns the words that may identify the company, in both spellings.
    pub fn distinctive_words(&self) -> BTreeSet<&str> {
        let words = self.words.iter().chain(&self.spelt_out).map(String::as_str);
        words.filter(|word| !has(GENERIC_WORDS, word)).collect()
    }
}

fn words_of(folded: &str) -> Vec<String> {
    let mut text = folded;
    while let Some(rest) =
        entries(ATTACHED_FORMS).find_map(|form| text.strip_suffix(form).or_else(|| text.strip_prefix(form)))
    {
        text = rest.trim();
    }
    let text = if text.is_empty() { folded } else { text };
    let all = join_single_letters(text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()));
    let kept = without_forms(&all);
    let inside = 1..kept.len().saturating_sub(1);
    let is_dropped = |at: usize, word: &str| inside.contains(&at) && has(CONNECTORS, word);
    let words = kept.iter().enumerate().filter(|(at, word)| !is_dropped(*at, word)).map(|(_, word)| word.clone());
    words.collect()
}

fn spell_out(name: &str) -> String {
    let mut spelt_out = String::with_capacity(name.len());
    for c in name.nfc().flat_map(char::to_lowercase) {
        match SPELT_OUT.iter().find(|(letter, _)| *letter == c) {
            Some((_, two)) => spelt_out.push_str(two),
            None => spelt_out.push(c),
        }
    }
    spelt_out
}

/// Returns what to search Halo for to find a company of this name, best first.
///
/// Halo searches for a text as a whole, so one word finds more than the full name. It is not
/// documented whether Halo's search ignores accents (docs/halo-api.md, section 11.17), so a word
/// with accents is searched for as it is, then without them, then by its longest part without any.
/// A word such as `Mueller` is then searched for by its longest part that `Müller` has as well.
pub fn search_terms(name: &str) -> Vec<String> {
    let kept = CompanyName::new(name).words;
    // A name of legal forms alone names no company.
    if let [only] = kept.as_slice()
        && has(LEGAL_FORMS, only)
    {
        return Vec::new();
    }
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && kept.iter().any(|kept| kept.contains(&fold(word))))
        .collect();
    let weight = |word: &&str| (!has(GENERIC_WORDS, &fold(word)), word.chars().count());
    // The first of equally distinctive words.
    let Some(word) = words.iter().rev().max_by_key(|word| weight(word)).copied() else {
        return kept.into_iter().max_by_key(|word| word.chars().count()).into_iter().collect();
    };
    let lower = word.to_ascii_lowercase();
    let parts = SPELT_OUT
        .iter()
        .fold(vec![lower.as_str()], |parts, (_, two)| parts.into_iter().flat_map(|part| part.split(two)).collect());
    let parts = parts.into_iter().flat_map(|part| part.split(|c: char| !c.is_ascii()));
    let plain = parts.max_by_key(|part| part.len()).filter(|part| part.len() >= 3);
    let mut terms = vec![word.to_owned()];
    for term in [Some(fold(word)), plain.map(str::to_owned)].into_iter().flatten() {
        if !terms.iter().any(|known| known.eq_ignore_ascii_case(&term)) {
            terms.push(term);
        }
    }
    terms
}

/// Removes case, accents, width and apostrophes.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().flat_map(char::to_lowercase) {
        match c {
            // Accents of Latin, Greek and Cyrillic. Marks of other scripts make other letters.
            '\u{300}'..='\u{36f}' | '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => {}
            c => match FOLDED_LETTERS.iter().find(|(letter, _)| *letter == c) {
                Some((_, plain)) => folded.push_str(plain),
                None => folded.push(c),
            },
        }
    }
    folded.nfc().collect::<String>().trim().to_owned()
}

/// Joins `b`, `v` to `bv`, as dotted and spaced abbreviations are the same word.
fn join_single_letters<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (mut joined, mut after_letter) = (Vec::<String>::new(), false);
    for word in words {
        let is_letter = word.chars().count() == 1 && word.chars().all(|c| c.is_ascii_alphabetic());
        match joined.last_mut() {
            Some(last) if is_letter && after_letter => last.push_str(word),
            _ => joined.push(word.to_owned()),
        }
        after_letter = is_letter;
    }
    joined
}

fn without_forms(words: &[String]) -> &[String] {
    let mut rest = words;
    loop {
        let ends_with = |form: &&Vec<&str>| {
            rest.len() > form.len() && rest[rest.len() - form.len()..].iter().zip(form.iter()).all(|(a, b)| a == b)
        };
        if let Some(length) = FORMS.iter().filter(ends_with).map(Vec::len).max() {
            rest = &rest[..rest.len() - length];
            if let [before @ .., last] = rest
                && !before.is_empty()
                && has(CONNECTORS, last)
            {
                rest = before;
            }
        } else if rest.len() > 1 && has(LEADING_FORMS, &rest[0]) && identifies(&rest[0], &rest[1..]) {
            rest = &rest[1..];
        } else {
            return rest;
        }
    }
}

/// Returns whether a name identifies a company without its leading form: `AB Group` is not
/// `AS Group`.
fn identifies(form: &str, rest: &[String]) -> bool {
    form == "the" || rest.iter().any(|word| !has(GENERIC_WORDS, word))
}

fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(',').map(str::trim)
}

fn has(list: &'static str, word: &str) -> bool {
    entries(list).any(|entry| entry == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(left: &str, right: &str) -> bool {
        CompanyName::new(left).is_same_as(&CompanyName::new(right))
    }

    #[test]
    fn names_that_differ_in_form_only_are_the_same() {
        for (left, right) in [
            ("BHP Pty Limited", "BHP Pty Ltd"),
            ("Acme", "ACME (Pty) Ltd."),
            ("Noordzee", "Noordzee B.V."),
            ("Café Zoë", "Cafe Zoe"),
            ("Müller & Söhne", "Müller und Söhne GmbH & Co. KG"),
            ("O'Brien & Sons Ltd", "O’Brien & Sons Limited"),
            ("Data-Soft, Inc.", "DATA-SOFT INC"),
            ("DataSoft", "Data-Soft Inc"),
            ("Smith & Jones", "Smith and Jones LLP"),
            ("Lumière", "Lumière S.A.R.L."),
            ("Ｆｕｊｉ　Ｌｔｄ", "Fuji"),
            ("東京デザイン", "東京デザイン株式会社"),
            ("Kowalski", "KOWALSKI Sp. z o.o."),
            ("Łódź Precision", "Lodz Precision SP Z O O"),
            ("Novák", "Novak, s.r.o."),
            ("Ørsted", "Orsted A/S"),
            ("Straße", "Strasse GmbH"),
            ("Cemex", "Cemex, S.A. de C.V."),
            ("J B Hunt", "J.B. Hunt Inc."),
            ("The Bakery", "Bakery Ltd"),
            ("Société Générale", "SOCIETE GENERALE S.A."),
            ("Müller & Söhne GmbH", "Mueller und Soehne"),
            ("Mueller KG", "Mu\u{308}ller"),
            ("Ørsted A/S", "Oersted"),
            ("Århus Tømrer ApS", "Aarhus Toemrer"),
            ("ＡＢＣ株式会社", "abc"),
            ("㈱ABC", "ABC"),
        ] {
            assert!(
                same(left, right),
                "{left:?} and {right:?}: {:?}",
                (CompanyName::new(left), CompanyName::new(right))
            );
        }
    }

    #[test]
    fn different_names_are_not_the_same() {
        for (left, right) in [
            ("Acme Pty Ltd", "Bolt Pty Ltd"),
            ("Limited", "Company"),
            ("Zoo Berlin", "Berlin"),
            ("Plan E", "Plan Y"),
            ("ガード", "カート"),
            ("", ""),
            ("&", "and"),
            ("Smith & Jones", "Smith & Sons"),
            ("Muller", "Mueller"),
            ("James Taylor Ltd", "Taylor James LLP"),
            ("Alder Group", "Alder Ltd"),
            ("Alder Holding GmbH", "Alder GmbH"),
            ("AB Group", "AS Group"),
        ] {
            assert!(!same(left, right), "{left:?} and {right:?}");
        }
    }

    #[test]
    fn most_distinctive_word_is_searched_for() {
        for (name, terms) in [
            ("BHP Pty Limited", vec!["BHP"]),
            ("Müller & Söhne GmbH", vec!["Müller", "muller", "ller"]),
            ("Mueller GmbH", vec!["Mueller", "ller"]),
            ("Café Zoë", vec!["Café", "cafe", "caf"]),
            ("O'Brien & Sons Ltd", vec!["Brien"]),
            ("Iona Consulting Services", vec!["Iona"]),
            ("Consulting Group Ltd", vec!["Consulting"]),
            ("Limited", vec![]),
            ("Ltd & Co", vec![]),
            ("Noordzee B.V.", vec!["Noordzee"]),
            ("...", vec![]),
        ] {
            assert_eq!(search_terms(name), terms, "{name:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_the_same_as_itself(name in ".{0,60}") {
            let company = CompanyName::new(&name);
            proptest::prop_assert!(company.words.is_empty() || company.is_same_as(&company));
            proptest::prop_assert_eq!(company.likeness(&company), if company.words.is_empty() { 0 } else { 100 });
            proptest::prop_assert!(search_terms(&name).len() <= 3);
        }
    }
}
