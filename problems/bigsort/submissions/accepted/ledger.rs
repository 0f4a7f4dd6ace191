use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let mut numbers = text
        .split_ascii_whitespace()
        .map(|word| word.parse::<u32>().unwrap());
    let (_, step) = (numbers.next().unwrap(), numbers.next().unwrap() as usize);
    let mut cards: Vec<u32> = numbers.collect();
    cards.sort_unstable();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for card in cards.iter().skip(step - 1).step_by(step) {
        writeln!(out, "{card}")?;
    }
    out.flush()
}
