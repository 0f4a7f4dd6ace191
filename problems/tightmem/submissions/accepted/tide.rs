use std::io;

fn main() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let numbers: Vec<i64> = line
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    let (n, mut x, d) = (numbers[0], numbers[1] as u32, numbers[2]);
    let (mut level, mut highest, mut fall) = (0, 0, 0);
    for _ in 0..n {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        level += i64::from(x >> 24) - d;
        highest = highest.max(level);
        fall = fall.max(highest - level);
    }
    println!("{}.{:02}", fall / 100, fall % 100);
    Ok(())
}
