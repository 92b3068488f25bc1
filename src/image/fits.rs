//! FITS files through cfitsio.
