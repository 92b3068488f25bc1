//! Which device trains: the CPU (Flex), a GPU through wgpu or CUDA.
