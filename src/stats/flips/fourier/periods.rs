//! Factors that repeat: how many frequencies to take, and tables of the factors with short periods.

use crate::stats::rational::gcd;

use super::lanes::{LANES, Lanes, angle};

/// Part of S by which frequencies may be added for the sake of short periods.
const ADDED: u64 = 4;
/// Part of the frequencies that all tables together may hold.
const TABLED: u64 = 8;

/// Units of one magnitude.
pub struct Term {
    /// a, in steps.
    pub magnitude: u64,
    /// c: how many units have it.
    pub count: u64,
    /// Probability of + after tilting.
    pub pi: f64,
    /// ω^{ka} for k = 0, 1, … in the lanes.
    pub turns: Lanes,
}

impl Term {
    /// (1 − π + π ω^{ja})^c for j = `first` and those after it.
    pub fn factors(&self, first: u64, frequencies: u64) -> Lanes {
        let turn = angle(first, self.magnitude, frequencies).sin_cos();
        self.turns.turned(turn).mixed(self.pi).power(self.count)
    }

    fn period(&self, frequencies: u64) -> u64 {
        frequencies / common_divisor(self.magnitude, frequencies)
    }
}

/// N > S: a multiple of as many of the magnitudes, the smallest first, as a quarter more frequencies allow.
pub fn frequencies(sizes: &[(u64, u64)], reach: u64) -> u64 {
    let mut divisor = 1;
    for &(magnitude, _) in sizes {
        let multiple = magnitude / common_divisor(magnitude, divisor) * divisor;
        if multiple <= reach / ADDED {
            divisor = multiple;
        }
    }
    (reach + 1).next_multiple_of(divisor)
}

/// The factors of terms whose periods divide one period, for each frequency of it.
pub struct Table {
    period: u64,
    /// From 0 to the period, and again from 0 for as many lanes as can be read beyond it.
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Table {
    fn new(period: u64, terms: &[Term], frequencies: u64) -> Self {
        let (mut re, mut im) = (Vec::new(), Vec::new());
        for first in (0..period + LANES as u64).step_by(LANES) {
            let mut product = Lanes::ONE;
            for term in terms {
                product.multiply(&term.factors(first, frequencies));
            }
            re.extend(product.re);
            im.extend(product.im);
        }
        Self { period, re, im }
    }

    /// Multiplies by the factors of j = `first` and those after it.
    pub fn multiply(&self, product: &mut Lanes, first: u64) {
        let at = (first % self.period) as usize;
        let factors = self.re[at..at + LANES].iter().zip(&self.im[at..at + LANES]);
        for ((re, im), (by_re, by_im)) in product.re.iter_mut().zip(&mut product.im).zip(factors) {
            (*re, *im) = (*re * by_re - *im * by_im, *re * by_im + *im * by_re);
        }
    }
}

/// Tables of the terms with short periods, and the terms for which tables would be too large.
pub fn tables(mut terms: Vec<Term>, frequencies: u64) -> (Vec<Table>, Vec<Term>) {
    let (mut tables, mut direct) = (Vec::new(), Vec::new());
    let mut room = frequencies / TABLED;
    terms.sort_by_key(|term| std::cmp::Reverse(term.period(frequencies)));
    while let Some(period) = terms.first().map(|term| term.period(frequencies)) {
        let divides = |term: &mut Term| period.is_multiple_of(term.period(frequencies));
        if period <= room {
            room -= period;
            let together: Vec<Term> = terms.extract_if(.., divides).collect();
            tables.push(Table::new(period, &together, frequencies));
        } else {
            direct.push(terms.remove(0));
        }
    }
    (tables, direct)
}

fn common_divisor(a: u64, b: u64) -> u64 {
    gcd(i128::from(a), i128::from(b)) as u64
}
