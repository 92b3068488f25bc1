//! cfitsio's calls that the safe `fitsio` crate lacks: files in memory, paths without the
//! extended file name syntax, blank pixels as NaN. All unsafe code of the room is here,
//! but for a hint to the system in `memory`.
//!
//! The `fitsio-src` feature builds cfitsio re-entrant, so that handles of different threads are
//! independent; a build that is not is served one call at a time (see [`Turn`]).
#![expect(unsafe_code, reason = "calls into the C library cfitsio")]

use std::ffi::{CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fitsio::sys;

const READ_ONLY: c_int = 0;
const TFLOAT: c_int = 42;
const TDOUBLE: c_int = 82;
const FLOAT_IMG: c_int = -32;

/// Opening and closing go through cfitsio's tables of open files, one thread at a time.
static TABLES: Mutex<()> = Mutex::new(());

/// Reading and writing take turns only where cfitsio was built without thread support.
static DATA: Mutex<()> = Mutex::new(());

/// The right to call cfitsio on an open handle.
struct Turn {
    _guard: Option<MutexGuard<'static, ()>>,
}

impl Turn {
    fn take() -> Self {
        // SAFETY: reads a compile-time constant of the library.
        let reentrant = unsafe { sys::fits_is_reentrant() } != 0;
        Self { _guard: (!reentrant).then(|| lock(&DATA)) }
    }
}

fn lock(mutex: &'static Mutex<()>) -> MutexGuard<'static, ()> {
    // The mutex guards no data of its own, so a panic elsewhere leaves nothing half-done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that cfitsio reads from memory. cfitsio keeps the addresses of `address` and `size`,
/// so the structure stays boxed until the handle is closed.
struct Memory {
    address: *mut c_void,
    size: usize,
    _bytes: Vec<u8>,
}

/// An open FITS file; closed when dropped.
pub(super) struct Handle {
    file: *mut sys::fitsfile,
    _memory: Option<Box<Memory>>,
}

impl Handle {
    /// Opens a file of whole blocks that lies in memory.
    pub(super) fn from_memory(mut bytes: Vec<u8>) -> Result<Self, String> {
        let address = bytes.as_mut_ptr().cast();
        let mut memory = Box::new(Memory { address, size: bytes.len(), _bytes: bytes });
        let mut file = ptr::null_mut();
        let mut status = 0;
        let guard = lock(&TABLES);
        // SAFETY: the name is a C string; address and size live in a box that outlives the
        // handle; read-only memory files are neither reallocated nor freed by cfitsio.
        unsafe {
            sys::ffomem(
                &raw mut file,
                c"arclet".as_ptr(),
                READ_ONLY,
                &raw mut memory.address,
                &raw mut memory.size,
                0,
                None,
                &raw mut status,
            );
        }
        drop(guard);
        Self::checked(file, Some(memory), status)
    }

    /// Creates a new file on disk whose name is taken literally; an existing one is an error.
    pub(super) fn create(path: &Path) -> Result<Self, String> {
        let name = c_name(path)?;
        let mut file = ptr::null_mut();
        let mut status = 0;
        let guard = lock(&TABLES);
        // SAFETY: `name` is a C string that outlives the call.
        unsafe { sys::ffdkinit(&raw mut file, name.as_ptr(), &raw mut status) };
        drop(guard);
        Self::checked(file, None, status)
    }

    /// The handle, when the call that opened it went well. cfitsio closes what it could not open.
    fn checked(
        file: *mut sys::fitsfile,
        memory: Option<Box<Memory>>,
        status: c_int,
    ) -> Result<Self, String> {
        check(status)?;
        if file.is_null() {
            return Err("cfitsio gave no file".into());
        }
        Ok(Self { file, _memory: memory })
    }

    /// Goes to a header-data unit, counted from 0.
    pub(super) fn go_to(&mut self, unit: usize) -> Result<(), String> {
        let _turn = Turn::take();
        let number = c_int::try_from(unit + 1).map_err(|error| error.to_string())?;
        let mut status = 0;
        // SAFETY: the handle is open; a null pointer for the type is allowed.
        unsafe { sys::ffmahd(self.file, number, ptr::null_mut(), &raw mut status) };
        check(status)
    }

    /// Reads pixels from number `first` (from 0) as physical values; blank pixels are NaN.
    pub(super) fn read_f32(&mut self, first: usize, out: &mut [f32]) -> Result<(), String> {
        let mut nan = f32::NAN;
        self.read(TFLOAT, first, (&raw mut nan).cast(), out.as_mut_ptr().cast(), out.len())
    }

    /// As [`Self::read_f32`], in double precision.
    pub(super) fn read_f64(&mut self, first: usize, out: &mut [f64]) -> Result<(), String> {
        let mut nan = f64::NAN;
        self.read(TDOUBLE, first, (&raw mut nan).cast(), out.as_mut_ptr().cast(), out.len())
    }

    /// Reads `length` values of type `datatype` to `out`, which must have room for them.
    fn read(
        &mut self,
        datatype: c_int,
        first: usize,
        blank: *mut c_void,
        out: *mut c_void,
        length: usize,
    ) -> Result<(), String> {
        let _turn = Turn::take();
        let mut any_blank = 0;
        let mut status = 0;
        let (first, length) = (first as sys::LONGLONG + 1, length as sys::LONGLONG);
        // SAFETY: the callers pass a slice of `length` values of that type, and a blank value
        // of that type; cfitsio refuses pixels beyond the image.
        unsafe {
            sys::ffgpv(
                self.file,
                datatype,
                first,
                length,
                blank,
                out,
                &raw mut any_blank,
                &raw mut status,
            );
        }
        check(status)
    }

    /// Makes the primary array a float32 image; `axes` fastest first.
    pub(super) fn create_image(&mut self, axes: &[usize]) -> Result<(), String> {
        let _turn = Turn::take();
        let count = c_int::try_from(axes.len()).map_err(|error| error.to_string())?;
        let mut axes: Vec<sys::LONGLONG> = axes.iter().map(|&n| n as sys::LONGLONG).collect();
        let mut status = 0;
        // SAFETY: `axes` has `count` entries.
        unsafe {
            sys::ffcrimll(self.file, FLOAT_IMG, count, axes.as_mut_ptr(), &raw mut status);
        }
        check(status)
    }

    /// Appends an 80-column card to the header.
    pub(super) fn write_card(&mut self, card: &str) -> Result<(), String> {
        let _turn = Turn::take();
        let card = CString::new(card).map_err(|error| error.to_string())?;
        let mut status = 0;
        // SAFETY: `card` is a C string that outlives the call.
        unsafe { sys::ffprec(self.file, card.as_ptr(), &raw mut status) };
        check(status)
    }

    /// Writes all pixels of the image.
    pub(super) fn write_f32(&mut self, data: &[f32]) -> Result<(), String> {
        let _turn = Turn::take();
        let mut status = 0;
        // SAFETY: cfitsio reads `data.len()` floats and, in spite of the type, changes none.
        unsafe {
            sys::ffppr(
                self.file,
                TFLOAT,
                1,
                data.len() as sys::LONGLONG,
                data.as_ptr().cast_mut().cast(),
                &raw mut status,
            );
        }
        check(status)
    }

    /// Closes the file and says whether all was written.
    pub(super) fn close(mut self) -> Result<(), String> {
        self.close_once()
    }

    fn close_once(&mut self) -> Result<(), String> {
        if self.file.is_null() {
            return Ok(());
        }
        let mut status = 0;
        let _guard = lock(&TABLES);
        // SAFETY: the handle is open, and set to null below so that it is closed once.
        unsafe { sys::ffclos(self.file, &raw mut status) };
        self.file = ptr::null_mut();
        check(status)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // What could be reported was, by `close`; here a file is given up.
        let _ = self.close_once();
    }
}

/// The path for cfitsio, which takes bytes on Unix and UTF-8 elsewhere.
fn c_name(path: &Path) -> Result<CString, String> {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = path.to_str().ok_or("its name is not UTF-8")?.as_bytes().to_vec();
    // FLEN_FILENAME is 1025 with the final zero.
    if bytes.len() > 1024 {
        return Err("its path has more than 1024 bytes".into());
    }
    CString::new(bytes).map_err(|error| error.to_string())
}

/// cfitsio's words for a status; `Ok` for 0.
fn check(status: c_int) -> Result<(), String> {
    if status == 0 {
        return Ok(());
    }
    // FLEN_STATUS is 31.
    let mut text: [c_char; 32] = [0; 32];
    // SAFETY: the buffer is longer than the longest text; `ffcmsg` empties the message stack.
    unsafe {
        sys::ffgerr(status, text.as_mut_ptr());
        sys::ffcmsg();
    }
    let text: Vec<u8> = text.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
    Err(format!("cfitsio says \"{}\" ({status})", String::from_utf8_lossy(&text)))
}
