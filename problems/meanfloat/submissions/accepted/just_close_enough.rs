// Accepted: both results are pushed off by half of what is tolerated.
use std::io::{self, Read};

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let times: Vec<f64> = text
        .split_whitespace()
        .skip(1)
        .map(|t| t.parse().unwrap())
        .collect();
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    let spread = times.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / n;
    println!("{:e} {:e}", mean * (1.0 + 5e-7), spread.sqrt() - 5e-7);
}
