// Run-time error: finds the number, and panics when it hears so.
use std::io::{self, BufRead};

fn main() {
    let mut lines = io::stdin().lock().lines().map(|line| line.unwrap());
    let first = lines.next().unwrap();
    let (mut low, mut high) = (
        1u64,
        first.split(' ').next().unwrap().parse::<u64>().unwrap(),
    );
    loop {
        let guess = (low + high) / 2;
        println!("{guess}");
        match lines.next().unwrap().as_str() {
            "higher" => low = guess + 1,
            "lower" => high = guess - 1,
            reply => panic!("never expected to hear {reply:?}"),
        }
    }
}
