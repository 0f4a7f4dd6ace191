// Multiplies in 32 bits, which wrap around on all but the smallest archives.
use std::io;

const PRIME: u32 = 998_244_353;

fn main() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let numbers: Vec<u32> = line
        .split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect();
    let (n, s, mut x) = (numbers[0] as usize, numbers[1], numbers[2]);
    let (mut answered, mut depth, mut inside) = (vec![0; n + 1], vec![1; n + 1], vec![1u32; n + 1]);
    for i in 2..=n {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let p = (i - 1).saturating_sub(((x >> 8) % s) as usize).max(1);
        answered[i] = p;
        depth[i] = depth[p] + 1;
    }
    for v in (2..=n).rev() {
        let w = inside[v].wrapping_mul(v as u32) % PRIME;
        let p: usize = answered[v];
        inside[p] = (inside[p] + w) % PRIME;
    }
    println!("{} {}", depth.iter().max().unwrap(), inside[1] % PRIME);
    Ok(())
}
