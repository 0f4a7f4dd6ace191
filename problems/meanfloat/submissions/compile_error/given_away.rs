// @EXPECTED_RESULTS@: COMPILER_ERROR
// Does not compile: the loop consumes the times, which are borrowed once more after it.
use std::io::{self, Read};

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let times: Vec<f64> = text
        .split_whitespace()
        .skip(1)
        .map(|t| t.parse().unwrap())
        .collect();
    let mut sum = 0.0;
    for time in times {
        sum += time;
    }
    println!("{} 0", sum / times.len() as f64);
}
