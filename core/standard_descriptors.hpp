#pragma once

namespace cfgd {

/// Opens /dev/null in place of each of the descriptors 0 to 2 that is closed, so that no file,
/// socket or store gets one of these numbers, where a library would write messages into it. Call it
/// first in main(). Descriptor 1 becomes readable only: output to it fails as it did before. Ends
/// the process with EX_OSFILE if /dev/null cannot be opened.
void fill_standard_descriptors() noexcept;

/// Whether the descriptors 0 to 2 are open, so that no file that is opened now gets one of them.
bool has_standard_descriptors() noexcept;

} // namespace cfgd
