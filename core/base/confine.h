#pragma once
// Takes files, network and other programs away from this process, before it runs what a stranger wrote. Layers that hold without each
// other; a machine need not have all of them.
#include <string>

namespace phloxine {

// Landlock: no file may be opened by name, no TCP port, no signal to others. Filter: system calls that open, change, connect, start or
// signal anything fail (seccomp). Descriptors: no new file, socket or channel at all.
enum ConfinementLayer : unsigned { LandlockLayer = 1, FilterLayer = 2, DescriptorLayer = 4, AllLayers = 7 };

unsigned offeredLayers();                // of this machine
std::string layerWords(unsigned layers); // "landlock, filter, descriptors"

// What may still be opened. A driver of a GPU loads libraries and opens its devices while it works; nothing is written but the latter.
enum class StillOpen { Nothing, LibrariesAndDevices };

// For good, for the calling thread, threads that it starts, and (but for Landlock) those that run already. Gives the layers that took
// hold of those asked for. Descriptors that are open stay open.
unsigned confineThisProcess(StillOpen stillOpen, unsigned layers = AllLayers);

} // namespace phloxine
