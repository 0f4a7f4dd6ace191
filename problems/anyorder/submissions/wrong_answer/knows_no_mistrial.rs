// Wrong answer wherever there is no order: hears those who can be heard and then just ends.
use std::io::{self, Read};

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let numbers: Vec<usize> = text
        .split_whitespace()
        .map(|t| t.parse().unwrap())
        .collect();
    let n = numbers[0];
    let mut followers = vec![Vec::new(); n + 1];
    let mut waiting = vec![0; n + 1];
    for demand in numbers[2..].chunks(2) {
        followers[demand[0]].push(demand[1]);
        waiting[demand[1]] += 1;
    }
    let mut ready: Vec<usize> = (1..=n).filter(|&w| waiting[w] == 0).collect();
    while let Some(witness) = ready.pop() {
        println!("{witness}");
        for &follower in &followers[witness] {
            waiting[follower] -= 1;
            if waiting[follower] == 0 {
                ready.push(follower);
            }
        }
    }
}
