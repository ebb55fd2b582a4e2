#include "core/measure/tissue/tile_measures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <opencv2/imgproc.hpp>

namespace phloxine {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double smallestLumen = 2; // in squared nuclear diameters

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return nan;
    const auto place = std::size_t(q * double(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(place), values.end());
    return values[place];
}

struct Glass {
    double all = 0, enclosed = 0; // shares of the tile: without tissue, and of that what tissue surrounds
};

// A lumen is a white area that touches no border of the tile; small gaps between fibres are none.
Glass glassOf(const StainDensities& densities, double diameterPx) {
    cv::Mat green(densities.height, densities.width, CV_32F, const_cast<float*>(densities.green.data())), smooth, labels, stats, centres;
    cv::GaussianBlur(green, smooth, {}, 1.5);
    const cv::Mat glass = smooth < glassDensity;
    const int count = cv::connectedComponentsWithStats(glass, labels, stats, centres, 8, CV_32S);
    Glass result;
    const double total = double(glass.total());
    for (int i = 1; i < count; ++i) {
        const int left = stats.at<int>(i, cv::CC_STAT_LEFT), top = stats.at<int>(i, cv::CC_STAT_TOP);
        const bool touches = left == 0 || top == 0 || left + stats.at<int>(i, cv::CC_STAT_WIDTH) == glass.cols ||
                             top + stats.at<int>(i, cv::CC_STAT_HEIGHT) == glass.rows;
        const double area = stats.at<int>(i, cv::CC_STAT_AREA);
        result.all += area / total;
        if (!touches && area >= smallestLumen * diameterPx * diameterPx) result.enclosed += area / total;
    }
    return result;
}

struct Spectrum {
    double slope = nan, high = nan; // of log power over log frequency; share of the power above a quarter of the sampling rate
};

// From the mean power of rings: a ring holds as many frequencies as its radius says.
Spectrum spectrumOf(const RadialPower& power) {
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, all = 0, high = 0;
    for (std::size_t i = 0; i < spectrumPoints; ++i) {
        if (!(power[i] > 0)) continue;
        const double f = spectrumFrequency(i), lx = std::log(f), ly = std::log(power[i]);
        all += power[i] * f;
        if (f >= 0.25) high += power[i] * f;
        ++n, sx += lx, sy += ly, sxx += lx * lx, sxy += lx * ly;
    }
    if (!(all > 0) || n < 3) return {};
    return {(n * sxy - sx * sy) / (n * sxx - sx * sx), high / all};
}

// A tile too small for the counter has no nuclei to measure; what else is seen on it counts.
NucleusField nucleiOf(const StainDensities& densities, const NucleusSettings& settings) {
    return std::min(densities.width, densities.height) < 6 * settings.diameterPx ? NucleusField{} : findNuclei(densities, settings);
}

} // namespace

const std::vector<TileMeasureRow>& tileMeasureRows() {
    static const std::vector<TileMeasureRow> rows = {{"haematoxylin", "Haematoxylin", "optical density", nullptr},
                                                     {"eosin", "Eosin", "optical density", nullptr},
                                                     {"haematoxylin_dark", "Haematoxylin, darkest tenth", "optical density", nullptr},
                                                     {"nuclei", "Nuclear density", "nuclei per 10,000 px", "nuclei per mm2"},
                                                     {"nuclear_area", "Nuclear area", "px", "um2"},
                                                     {"nuclear_eccentricity", "Nuclear eccentricity", "", nullptr},
                                                     {"nuclear_spacing", "Distance to the nearest nucleus", "px", "um"},
                                                     {"background", "Without tissue", "share", nullptr},
                                                     {"lumen", "Lumen", "share", nullptr},
                                                     {"spectrum_slope", "Slope of the power spectrum", "", nullptr},
                                                     {"high_frequencies", "High frequencies", "share of power", nullptr}};
    return rows;
}

std::vector<double> measureTile(const Image& tile, const NucleusSettings& settings, bool physical, RadialPower* power) {
    const auto densities = stainDensities(tile, settings.stain, settings.i0);
    std::vector<double> haematoxylin;
    double h = 0, e = 0;
    for (std::size_t i = 0; i < densities.green.size(); ++i) {
        if (densities.green[i] < glassDensity) continue;
        haematoxylin.push_back(double(densities.haematoxylin[i]));
        h += double(densities.haematoxylin[i]), e += double(densities.eosin[i]);
    }
    const auto tissue = double(haematoxylin.size());
    const auto field = nucleiOf(densities, settings);
    std::vector<double> areas, eccentricities, spacings;
    for (const auto& nucleus : field.nuclei) {
        if (nucleus.whole) areas.push_back(nucleus.areaPx), eccentricities.push_back(nucleus.eccentricity);
        if (nucleus.nearestPx > 0) spacings.push_back(nucleus.nearestPx);
    }
    const double mpp = physical ? tile.scale.micronsPerPixel : 1;
    const double perArea = physical ? 1e6 / (mpp * mpp) : 1e4;
    const auto glass = glassOf(densities, settings.diameterPx);
    const auto radial = radialPower(tile);
    const auto spectrum = spectrumOf(radial);
    if (power) *power = radial;
    return {tissue ? h / tissue : nan,
            tissue ? e / tissue : nan,
            quantile(haematoxylin, 0.9),
            field.frameAreaPx > 0 ? field.counted / field.frameAreaPx * perArea : nan,
            quantile(areas, 0.5) * mpp * mpp,
            quantile(eccentricities, 0.5),
            quantile(spacings, 0.5) * mpp,
            glass.all,
            glass.enclosed,
            spectrum.slope,
            spectrum.high};
}

} // namespace phloxine
