#include "core/measure/tissue/nuclei.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <opencv2/imgproc.hpp>

#include "core/base/Error.h"
#include "core/image/opencv_threads.h"

namespace phloxine {

namespace {

constexpr double workDiameterPx = 12, largestDiameterPx = 16; // larger nuclei are reduced to the first
constexpr double bloodShare = 0.3; // red cells absorb green and blue strongly but hardly any red; nuclei have 0.5 and more

cv::Mat blurred(const cv::Mat& values, double sigma) {
    cv::Mat out;
    cv::GaussianBlur(values, out, {}, sigma, sigma, cv::BORDER_REFLECT_101);
    return out;
}

struct Classes {
    float threshold = 0, contrast = 0; // between the means of the two classes
};

// Otsu's threshold of the haematoxylin density over tissue.
Classes otsu(const cv::Mat& values, const cv::Mat& tissue) {
    constexpr int bins = 200;
    constexpr float width = 0.01f;
    std::vector<double> histogram(bins);
    for (int y = 0; y < values.rows; ++y)
        for (int x = 0; x < values.cols; ++x)
            if (tissue.at<uchar>(y, x)) ++histogram[std::size_t(std::clamp(int(values.at<float>(y, x) / width), 0, bins - 1))];
    double total = 0, sum = 0;
    for (int i = 0; i < bins; ++i) total += histogram[std::size_t(i)], sum += i * histogram[std::size_t(i)];
    double below = 0, belowSum = 0, best = 0;
    Classes classes;
    for (int i = 0; i + 1 < bins; ++i) {
        below += histogram[std::size_t(i)], belowSum += i * histogram[std::size_t(i)];
        const double above = total - below;
        if (below == 0 || above == 0) continue;
        const double step = (sum - belowSum) / above - belowSum / below, between = below * above * step * step;
        if (between > best) best = between, classes = {float(i + 1) * width, float(step) * width};
    }
    return classes;
}

// The nuclear mask: denser than half-way between the tile's threshold and the surroundings of the pixel.
cv::Mat nuclearMask(const cv::Mat& haematoxylin, const cv::Mat& tissue, double d, double leastContrast) {
    const cv::Mat smooth = blurred(haematoxylin, 0.12 * d);
    const auto classes = otsu(smooth, tissue);
    if (classes.contrast < leastContrast) return cv::Mat::zeros(smooth.size(), CV_8U);
    // Surroundings: the mean over tissue alone, so that glass beside a nucleus does not lower the threshold.
    cv::Mat weight, masked, sum, local;
    tissue.convertTo(weight, CV_32F, 1.0 / 255);
    const cv::Size window(2 * int(2.5 * d) + 1, 2 * int(2.5 * d) + 1);
    masked = smooth.mul(weight);
    cv::boxFilter(masked, sum, CV_32F, window);
    cv::boxFilter(weight, local, CV_32F, window);
    sum += 1e-3f * classes.threshold, local += 1e-3f;
    cv::divide(sum, local, local);
    const cv::Mat limit = 0.5 * local + 0.5 * classes.threshold;
    cv::Mat mask = (smooth > limit) & tissue;
    const int radius = std::max(1, int(std::lround(0.1 * d)));
    const auto disc = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
    cv::morphologyEx(mask, mask, cv::MORPH_OPEN, disc);
    return mask;
}

void fillHoles(cv::Mat& mask, double largestPx) {
    cv::Mat labels, stats, centres;
    const int n = cv::connectedComponentsWithStats(~mask, labels, stats, centres, 4, CV_32S);
    for (int y = 0; y < mask.rows; ++y)
        for (int x = 0; x < mask.cols; ++x) {
            const int label = labels.at<int>(y, x);
            if (label > 0 && label < n && stats.at<int>(label, cv::CC_STAT_AREA) <= largestPx) mask.at<uchar>(y, x) = 255;
        }
}

// How much a pixel looks like the middle of a nucleus: deep inside the mask, and on a dark blob of nuclear size.
cv::Mat centreResponse(const cv::Mat& haematoxylin, const cv::Mat& mask, double d) {
    cv::Mat distance;
    cv::distanceTransform(mask, distance, cv::DIST_L2, 5);
    const cv::Mat blob = blurred(haematoxylin, 0.22 * d) - blurred(haematoxylin, 0.55 * d);
    const cv::Mat capped = cv::min(blob * (1 / 0.15), 1.0);
    return blurred(cv::Mat(distance * (2 / d)) + 0.7 * capped, 0.12 * d);
}

// Floods the mask from the peaks of the response, the highest level first. Returns labels 1.. and their number.
int flood(const cv::Mat& response, const cv::Mat& mask, double d, cv::Mat& labels) {
    constexpr int levels = 256;
    const int radius = std::max(2, int(std::lround(0.40 * d)));
    cv::Mat highest, level;
    cv::dilate(response, highest, cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1}));
    double least = 0, most = 1;
    cv::minMaxLoc(response, &least, &most, nullptr, nullptr, mask);
    const double scale = most > least ? (levels - 1) / (most - least) : 0;
    response.convertTo(level, CV_8U, scale, -least * scale);
    labels = cv::Mat::zeros(mask.size(), CV_32S);
    std::vector<std::vector<cv::Point>> queue(levels);
    int count = 0;
    for (int y = 0; y < mask.rows; ++y)
        for (int x = 0; x < mask.cols; ++x) {
            if (!mask.at<uchar>(y, x) || response.at<float>(y, x) < highest.at<float>(y, x)) continue;
            bool taken = false; // a plateau has one peak
            for (int dy = -1; dy <= 0; ++dy)
                for (int dx = -1; dx <= 1; ++dx)
                    if (y + dy >= 0 && x + dx >= 0 && x + dx < mask.cols) taken = taken || labels.at<int>(y + dy, x + dx) > 0;
            if (taken) continue;
            labels.at<int>(y, x) = ++count;
            queue[level.at<uchar>(y, x)].push_back({x, y});
        }
    for (int at = levels - 1; at >= 0; --at)
        for (std::size_t i = 0; i < queue[std::size_t(at)].size(); ++i) { // grows while it is walked
            const cv::Point p = queue[std::size_t(at)][i];
            for (const cv::Point step : {cv::Point(1, 0), cv::Point(-1, 0), cv::Point(0, 1), cv::Point(0, -1)}) {
                const cv::Point q = p + step;
                if (q.x < 0 || q.y < 0 || q.x >= mask.cols || q.y >= mask.rows || !mask.at<uchar>(q) || labels.at<int>(q)) continue;
                labels.at<int>(q) = labels.at<int>(p);
                queue[std::size_t(std::min<int>(at, level.at<uchar>(q)))].push_back(q);
            }
        }
    return count;
}

struct Moments {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, density = 0;
    bool border = false;
    std::vector<cv::Point> points;
};

Nucleus measured(const Moments& m, double scale) {
    Nucleus nucleus;
    const double mx = m.x / m.n, my = m.y / m.n;
    const double xx = m.xx / m.n - mx * mx + 1.0 / 12, yy = m.yy / m.n - my * my + 1.0 / 12, xy = m.xy / m.n - mx * my;
    const double root = std::sqrt((xx - yy) * (xx - yy) / 4 + xy * xy), large = (xx + yy) / 2 + root, small = (xx + yy) / 2 - root;
    nucleus.x = (mx + 0.5) * scale - 0.5, nucleus.y = (my + 0.5) * scale - 0.5;
    nucleus.areaPx = m.n * scale * scale;
    nucleus.eccentricity = std::sqrt(std::clamp(1 - small / large, 0.0, 1.0));
    nucleus.density = m.density / m.n;
    nucleus.whole = !m.border;
    std::vector<cv::Point> hull;
    cv::convexHull(m.points, hull);
    // The hull runs through pixel centres: half its outline and one pixel more cover the same pixels (Pick).
    const double hullArea = cv::contourArea(hull) + cv::arcLength(hull, true) / 2 + 1;
    nucleus.solidity = std::min(1.0, m.n / hullArea);
    return nucleus;
}

std::vector<Moments> momentsOf(const cv::Mat& labels, const cv::Mat& haematoxylin, int count) {
    std::vector<Moments> all(std::size_t(count) + 1);
    for (int y = 0; y < labels.rows; ++y)
        for (int x = 0; x < labels.cols; ++x) {
            const int label = labels.at<int>(y, x);
            if (label == 0) continue;
            auto& m = all[std::size_t(label)];
            m.n += 1, m.x += x, m.y += y, m.xx += double(x) * x, m.yy += double(y) * y, m.xy += double(x) * y;
            m.density += haematoxylin.at<float>(y, x);
            m.border = m.border || x == 0 || y == 0 || x == labels.cols - 1 || y == labels.rows - 1;
            // Outline pixels suffice for the hull.
            if (x == 0 || x == labels.cols - 1 || labels.at<int>(y, x - 1) != label || labels.at<int>(y, x + 1) != label)
                m.points.push_back({x, y});
        }
    return all;
}

void setNearest(std::vector<Nucleus>& nuclei) {
    for (auto& a : nuclei) {
        double best = std::numeric_limits<double>::infinity();
        for (const auto& b : nuclei)
            if (&a != &b) best = std::min(best, (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
        a.nearestPx = std::isfinite(best) ? std::sqrt(best) : 0;
    }
}

// Labels of specks become 0, the others move up.
int dropSpecks(cv::Mat& labels, int count, double leastPx) {
    const std::size_t n = std::size_t(count) + 1;
    std::vector<int> area(n, 0), next(n, 0);
    for (int y = 0; y < labels.rows; ++y)
        for (int x = 0; x < labels.cols; ++x) ++area[std::size_t(labels.at<int>(y, x))];
    int kept = 0;
    for (int i = 1; i <= count; ++i) next[std::size_t(i)] = area[std::size_t(i)] >= leastPx ? ++kept : 0;
    for (int y = 0; y < labels.rows; ++y)
        for (int x = 0; x < labels.cols; ++x) labels.at<int>(y, x) = next[std::size_t(labels.at<int>(y, x))];
    return kept;
}

} // namespace

NucleusSettings nucleusSettings(const Scale& scale) {
    NucleusSettings settings;
    if (physicalScale(scale)) settings.diameterPx = NucleusSettings::expectedDiameterUm / scale.micronsPerPixel;
    return settings;
}

std::vector<char> countedByFrame(const std::vector<std::int32_t>& labels, int width, int count, const CountingFrame& frame) {
    const auto n = std::size_t(count);
    std::vector<char> inside(n, 0), allowed(n, 1);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const int label = labels[i];
        if (label == 0) continue;
        const int x = int(i) % width, y = int(i) / width;
        if (x >= frame.x0 && x < frame.x1 && y >= frame.y0 && y < frame.y1) inside[std::size_t(label - 1)] = 1;
        // Left of the line that comes down along the left edge, runs along the lower edge and goes on down: a connected shape with a
        // pixel there and one in the frame crosses it.
        if (x < frame.x0 || (y >= frame.y1 && x < frame.x1)) allowed[std::size_t(label - 1)] = 0;
    }
    for (std::size_t i = 0; i < inside.size(); ++i) inside[i] = char(inside[i] && allowed[i]);
    return inside;
}

CountingFrame countingFrame(int widthPx, int heightPx, const NucleusSettings& settings) {
    const double d = settings.diameterPx, scale = d > largestDiameterPx ? d / workDiameterPx : 1;
    const int guard = int(std::lround(scale > 1 ? std::lround(workDiameterPx) * scale : std::round(d)));
    return {guard, guard, widthPx - guard, heightPx - guard};
}

std::vector<char> countedByFrame(const NucleusField& field, int widthPx, const CountingFrame& f) {
    const double scale = double(field.labelsWidth) / widthPx;
    const auto work = [&](int px) { return int(std::lround(px * scale)); };
    return countedByFrame(field.labels, field.labelsWidth, int(field.nuclei.size()), {work(f.x0), work(f.y0), work(f.x1), work(f.y1)});
}

NucleusField findNuclei(const StainDensities& densities, const NucleusSettings& settings) {
    if (!(settings.diameterPx >= NucleusSettings::smallestDiameterPx))
        throw Error(ErrorCode::WrongUse, "Nuclei of " + std::to_string(settings.diameterPx) +
                                             " px are too small to be counted; use tiles at a higher magnification.");
    if (std::min(densities.width, densities.height) < 6 * settings.diameterPx)
        throw Error(ErrorCode::WrongUse, "A tile of " + std::to_string(densities.width) + " x " + std::to_string(densities.height) +
                                             " px is too small to count nuclei; use tiles of at least 6 nuclear diameters.");
    try {
        keepOpenCvOnThisThread();
        cv::Mat haematoxylin(densities.height, densities.width, CV_32F, const_cast<float*>(densities.haematoxylin.data()));
        cv::Mat green(densities.height, densities.width, CV_32F, const_cast<float*>(densities.green.data()));
        cv::Mat red(densities.height, densities.width, CV_32F, const_cast<float*>(densities.red.data()));
        double d = settings.diameterPx, scale = 1;
        if (d > largestDiameterPx) {
            scale = d / workDiameterPx, d = workDiameterPx;
            const cv::Size size(int(std::lround(densities.width / scale)), int(std::lround(densities.height / scale)));
            cv::Mat smallH, smallG, smallR;
            cv::resize(haematoxylin, smallH, size, 0, 0, cv::INTER_AREA);
            cv::resize(green, smallG, size, 0, 0, cv::INTER_AREA);
            cv::resize(red, smallR, size, 0, 0, cv::INTER_AREA);
            haematoxylin = smallH, green = smallG, red = smallR;
        }
        const cv::Mat smoothGreen = blurred(green, 0.1 * d), tissue = smoothGreen > glassDensity;
        const cv::Mat notBlood = blurred(red, 0.1 * d) > bloodShare * smoothGreen;
        cv::Mat mask = nuclearMask(haematoxylin, tissue & notBlood, d, settings.leastContrast), labels;
        const double discPx = CV_PI / 4 * d * d;
        fillHoles(mask, 0.2 * discPx);
        int count = flood(centreResponse(haematoxylin, mask, d), mask, d, labels);
        count = dropSpecks(labels, count, 0.22 * discPx);

        NucleusField field;
        field.labelsWidth = labels.cols, field.labelsHeight = labels.rows;
        field.labels.assign(labels.begin<int>(), labels.end<int>());
        const auto moments = momentsOf(labels, haematoxylin, count);
        for (int i = 1; i <= count; ++i) field.nuclei.push_back(measured(moments[std::size_t(i)], scale));
        const int guard = int(std::lround(d));
        const CountingFrame frame{guard, guard, labels.cols - guard, labels.rows - guard};
        const auto counted = countedByFrame(field.labels, labels.cols, count, frame);
        for (int i = 0; i < count; ++i) field.nuclei[std::size_t(i)].counted = counted[std::size_t(i)] != 0;
        field.counted = int(std::count(counted.begin(), counted.end(), char(1)));
        field.frameAreaPx = double(frame.x1 - frame.x0) * (frame.y1 - frame.y0) * scale * scale;
        setNearest(field.nuclei);
        return field;
    } catch (const cv::Exception& e) { throw Error(ErrorCode::Internal, "The nuclei of a tile could not be counted.", e.what()); }
}

NucleusField findNuclei(const Image& image, const NucleusSettings& settings) {
    return findNuclei(stainDensities(image, settings.stain, settings.i0), settings);
}

} // namespace phloxine
