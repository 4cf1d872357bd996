//! Pass rates of two equal models whose tasks form clusters: how often the test calls them different, and how often the
//! interval of the difference misses 0.

use std::sync::Arc;

use super::laws::Stream;
use parabench::analysis::scores::items::Items;
use parabench::analysis::scores::pass_rate::{PassRates, pass_rates};
use parabench::stats::design::Design;
use parabench::stats::error::Result;
use parabench::stats::rational::Rational;
use parabench::stats::strata::Strata;

const SAMPLES: u64 = 10_000;
const THRESHOLD: u8 = 4;

/// Clusters of a design and the tasks in each, in turn.
struct Clusters {
    name: &'static str,
    count: usize,
    sizes: &'static [usize],
}

const DESIGNS: [Clusters; 5] = [
    Clusters {
        name: "15 clusters of 4",
        count: 15,
        sizes: &[4],
    },
    Clusters {
        name: "30 clusters of 4",
        count: 30,
        sizes: &[4],
    },
    Clusters {
        name: "75 clusters of 4",
        count: 75,
        sizes: &[4],
    },
    Clusters {
        name: "30 clusters of 10",
        count: 30,
        sizes: &[10],
    },
    Clusters {
        name: "60 clusters of 1, 1, 3 and 15",
        count: 60,
        sizes: &[1, 1, 3, 15],
    },
];

/// Prints the table.
pub fn print() -> Result<()> {
    println!(
        "Pass rates of two equal models, tasks in clusters: called different at 5 %, and 95 % intervals that miss 0, in %. \
         {SAMPLES} samples. With this share of clusters a model passes or fails all tasks of the cluster by one draw.\n"
    );
    println!(
        "| design | pass rate | one draw a cluster | sign flip by clusters | interval by clusters | McNemar by tasks |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for design in &DESIGNS {
        for (rate, shared) in [(0.5, 0.5), (0.9, 0.5), (0.5, 0.0)] {
            let [flip, interval, by_tasks] = simulate(design, rate, shared)?;
            println!(
                "| {} | {rate} | {shared} | {flip:.1} | {interval:.1} | {by_tasks:.1} |",
                design.name
            );
        }
    }
    Ok(())
}

fn items(of_item: &[usize], clustered: bool) -> Result<Items> {
    let strata = Strata::single(of_item.len());
    Ok(Items {
        tasks: (0..of_item.len())
            .map(|n| Arc::from(n.to_string()))
            .collect(),
        categories: Vec::new(),
        design: Design::new(strata, clustered.then_some(of_item))?,
    })
}

/// Percent of samples: the clustered test rejects, its interval misses 0, the test by tasks rejects.
fn simulate(clusters: &Clusters, rate: f64, shared: f64) -> Result<[f64; 3]> {
    let sizes = clusters.sizes.iter().cycle().take(clusters.count);
    let of_item: Vec<usize> = sizes
        .enumerate()
        .flat_map(|(cluster, &size)| vec![cluster; size])
        .collect();
    let (by_clusters, by_tasks) = (items(&of_item, true)?, items(&of_item, false)?);
    let mut counts = [0_u32; 3];
    for sample in 0..SAMPLES {
        let mut stream = Stream::of(43, sample);
        // How hard each task is, for both models.
        let passes: Vec<f64> = of_item
            .iter()
            .map(|_| (rate + 0.2 * (stream.uniform() - 0.5)).clamp(0.0, 1.0))
            .collect();
        let mut model = || marks(&mut stream, &of_item, &passes, shared);
        let (a, b) = (model(), model());
        let found = |items: &Items| pass_rates(items, (&a, &b), THRESHOLD, sample);
        let rejects = |found: &PassRates| found.p <= 0.05;
        if let Some(found) = found(&by_clusters)? {
            counts[0] += u32::from(rejects(&found));
            let misses = |[lo, hi]: [f64; 2]| lo > 0.0 || hi < 0.0;
            counts[1] += u32::from(found.difference_ci95.is_some_and(misses));
        }
        counts[2] += u32::from(found(&by_tasks)?.as_ref().is_some_and(rejects));
    }
    Ok(counts.map(|count| 100.0 * f64::from(count) / SAMPLES as f64))
}

/// A model's marks: 5 where it passes, else 1.
fn marks(
    stream: &mut Stream,
    of_item: &[usize],
    passes: &[f64],
    shared: f64,
) -> Vec<Option<Rational>> {
    let clusters = of_item.last().map_or(0, |last| last + 1);
    let common: Vec<Option<f64>> = (0..clusters)
        .map(|_| {
            let (one, drawn) = (stream.uniform() < shared, stream.uniform());
            one.then_some(drawn)
        })
        .collect();
    of_item
        .iter()
        .zip(passes)
        .map(|(&cluster, &rate)| {
            let own = stream.uniform();
            let drawn = common[cluster].unwrap_or(own);
            Some(Rational::from(if drawn < rate { 5 } else { 1 }))
        })
        .collect()
}
