mod halo;
mod net;
