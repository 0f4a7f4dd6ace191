// Accepted, 100 points: sums from the ground up.
use std::io::{self, Read};

const MODULUS: u64 = 1_000_000_007;

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let numbers: Vec<usize> = text
        .split_whitespace()
        .map(|t| t.parse().unwrap())
        .collect();
    let (n, k) = (numbers[0], numbers[1]);
    let mut sound = vec![true; n + 1];
    for &step in &numbers[3..] {
        sound[step] = false;
    }
    // sums[s] counts the ways to all steps below s.
    let mut sums = vec![0, 1];
    let mut ways = 1;
    for step in 1..=n {
        let lowest = step.saturating_sub(k);
        ways = if sound[step] {
            (sums[step] + MODULUS - sums[lowest]) % MODULUS
        } else {
            0
        };
        sums.push((sums[step] + ways) % MODULUS);
    }
    println!("{ways}");
}
