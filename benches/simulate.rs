//! Images per second of the simulator, on one core: `cargo bench --bench simulate`.
//!
//! No files are written; noise is included.

use std::time::{Duration, Instant};

use arclet::simulate::camera::Camera;
use arclet::simulate::lenses::LensScene;
use arclet::simulate::light::{Colours, Component, Light};
use arclet::simulate::optics::LensParameters;
use arclet::simulate::{
    GalaxySimulator, LensSimulator, Population, SersicParameters, Survey, image_rng,
};

/// How long each line measures.
const TIME: Duration = Duration::from_secs(2);

fn main() {
    one_lens(1);
    one_lens(4);
    population("galaxies, 96×96, 3 bands", &GalaxySimulator::new(survey("sdss", 3), 96, 1));
    population(
        "lenses and non-lenses, 44×44, 4 bands",
        &LensSimulator::new(survey("ground", 4), 44, 1),
    );
    population(
        "lenses and non-lenses, 101×101, 4 bands",
        &LensSimulator::new(survey("ground", 4), 101, 1),
    );
    population(
        "lenses and non-lenses, 101×101, 1 band",
        &LensSimulator::new(survey("ground", 1), 101, 1),
    );
}

fn survey(name: &str, bands: usize) -> Survey {
    Survey::preset(name).and_then(|survey| survey.with_bands(bands)).expect("a preset")
}

/// Calls `work` with 0, 1, 2… for a while and prints its rate, and the time of the fastest image,
/// which other work on the machine disturbs less.
fn measure(name: &str, mut work: impl FnMut(usize)) {
    work(0);
    let (start, mut count, mut fastest) = (Instant::now(), 0, TIME);
    while start.elapsed() < TIME {
        count += 1;
        let before = Instant::now();
        work(count);
        fastest = fastest.min(before.elapsed());
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    println!("{name}: {rate:.0} images/s, the fastest in {:.2} ms", 1e3 * fastest.as_secs_f64());
}

fn population<P: Population>(name: &str, population: &P) {
    let mut canvas = population.camera().canvas();
    measure(name, |index| {
        std::hint::black_box(population.image(index, &mut canvas));
    });
}

/// The image that lens simulators are compared on: SIE with shear, a Sérsic lens galaxy and a
/// Sérsic source, 101×101 pixels, nine rays a pixel, PSF.
fn one_lens(bands: usize) {
    let camera = Camera { survey: survey("ground", bands), size_pixels: 101, oversampling: 3 };
    let lens = LensParameters {
        einstein_radius_arcsec: 1.4,
        axis_ratio: 0.7,
        angle_radians: 0.3,
        shear_1: 0.05,
        shear_2: -0.03,
        ..LensParameters::default()
    };
    let component = |parameters, magnitude_r| Component {
        light: Light::Sersic(parameters),
        magnitude_r,
        colours: Colours { u_g: 1.0, g_r: 0.5, r_i: 0.2 },
    };
    let sersic = SersicParameters::default();
    let galaxy = component(SersicParameters { sersic_index: 4.0, axis_ratio: 0.8, ..sersic }, 19.0);
    let source = SersicParameters { effective_radius_arcsec: 0.3, center_x_arcsec: 0.1, ..sersic };
    let source = component(source, 23.0);
    let scene = LensScene { lens: Some(lens), source: vec![source], foreground: vec![galaxy] };
    let mut canvas = camera.canvas();
    let psfs: Vec<_> = camera.survey.bands.iter().map(|band| band.psf).collect();
    measure(&format!("one lens, 101×101, {bands} band(s), without noise"), |_| {
        canvas.clear();
        scene.paint(&camera, &mut canvas);
        std::hint::black_box(canvas.image(&psfs));
    });
    let mut rng = image_rng(1, 0);
    measure(&format!("one lens, 101×101, {bands} band(s), with noise"), |_| {
        canvas.clear();
        scene.paint(&camera, &mut canvas);
        std::hint::black_box(camera.expose(&mut canvas, 1.0, &mut rng));
    });
}
