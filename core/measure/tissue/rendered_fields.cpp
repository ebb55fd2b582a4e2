#include "core/measure/tissue/rendered_fields.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "core/base/Dice.h"
#include "core/measure/tissue/nuclei.h"

namespace phloxine {

namespace {

struct Disc {
    double x, y, a, b, angle;
};

double normal(Dice& dice) { return std::sqrt(-2 * std::log(std::max(1e-12, dice.uniform()))) * std::cos(2 * M_PI * dice.uniform()); }

// Centres fall at random on the field and a margin around it; without crowding a nucleus that would touch another falls again.
std::vector<Disc> scatter(const FieldSettings& s, Dice& dice) {
    const double margin = s.diameterPx, side = s.sidePx + 2 * margin;
    const int count = int(std::lround(s.nuclei * side * side / (double(s.sidePx) * s.sidePx)));
    std::vector<Disc> discs;
    for (int i = 0; i < count; ++i) {
        Disc disc{};
        for (int attempt = 0; attempt < 200; ++attempt) {
            const double r = s.diameterPx / 2 * std::exp(0.2 * normal(dice)), stretch = dice.uniform(1, 1.4);
            disc = {dice.uniform(-margin, s.sidePx + margin), dice.uniform(-margin, s.sidePx + margin), r * std::sqrt(stretch),
                    r / std::sqrt(stretch), dice.uniform(0, 180)};
            const bool free = std::all_of(discs.begin(), discs.end(), [&](const Disc& other) {
                return std::hypot(other.x - disc.x, other.y - disc.y) > (other.a + disc.a) * (1.15 - 0.6 * s.crowding);
            });
            if (free) break;
        }
        discs.push_back(disc);
    }
    return discs;
}

} // namespace

Image renderField(const FieldSettings& s, std::uint64_t seed, int* nuclei) {
    Dice dice(seed);
    const auto discs = scatter(s, dice);
    cv::Mat haematoxylin(s.sidePx, s.sidePx, CV_32F, cv::Scalar(0.08 * s.stain)), eosin(s.sidePx, s.sidePx, CV_32F, cv::Scalar(0.25));
    cv::Mat texture(s.sidePx / 8 + 1, s.sidePx / 8 + 1, CV_32F), large;
    for (int y = 0; y < texture.rows; ++y)
        for (int x = 0; x < texture.cols; ++x) texture.at<float>(y, x) = float(0.08 * normal(dice));
    cv::resize(texture, large, eosin.size(), 0, 0, cv::INTER_CUBIC);
    eosin += large;
    int inside = 0;
    for (const auto& d : discs) {
        const double amount = s.stain * dice.uniform(0.45, 0.75);
        cv::Mat mask = cv::Mat::zeros(haematoxylin.size(), CV_8U);
        constexpr int shift = 4; // sixteenths of a pixel
        cv::ellipse(mask, cv::Point(int(d.x * 16), int(d.y * 16)), cv::Size(int(d.a * 16), int(d.b * 16)), d.angle, 0, 360, 255, -1,
                    cv::LINE_8, shift);
        cv::Mat raised = cv::max(haematoxylin, amount);
        raised.copyTo(haematoxylin, mask);
        inside += d.x >= 0 && d.y >= 0 && d.x < s.sidePx && d.y < s.sidePx;
    }
    if (s.blurPx > 0) cv::GaussianBlur(haematoxylin, haematoxylin, {}, s.blurPx);
    Image image(s.sidePx, s.sidePx);
    for (int y = 0; y < s.sidePx; ++y)
        for (int x = 0; x < s.sidePx; ++x) {
            const auto colour =
                stainedColour(ruifrokJohnston(), double(haematoxylin.at<float>(y, x)), std::max(0.0, double(eosin.at<float>(y, x))));
            for (int c = 0; c < 3; ++c)
                image.pixel(x, y)[c] = std::uint8_t(std::clamp(colour[std::size_t(c)] + s.noise * normal(dice) + 0.5, 0.0, 255.0));
        }
    if (nuclei) *nuclei = inside;
    return image;
}

std::vector<CounterError> counterErrors(std::uint64_t seed, int fields) {
    const FieldSettings usual;
    auto few = usual, many = usual, small = usual, large = usual, crowded = usual, blurred = usual, pale = usual, noisy = usual;
    few.nuclei = 15, many.nuclei = 120, small.diameterPx = 7, large.diameterPx = 14, large.nuclei = 40, crowded.crowding = 1,
    crowded.nuclei = 100;
    blurred.blurPx = 2, pale.stain = 0.6, noisy.noise = 8;
    const std::pair<const char*, FieldSettings> rows[] = {{"as usual", usual},     {"few nuclei", few},     {"many nuclei", many},
                                                          {"small nuclei", small}, {"large nuclei", large}, {"crowded", crowded},
                                                          {"blurred", blurred},    {"pale", pale},          {"noisy", noisy}};
    std::vector<CounterError> errors;
    for (const auto& [title, settings] : rows) {
        CounterError row{title, 0, 0, fields};
        double square = 0;
        for (int i = 0; i < fields; ++i) {
            int truth = 0;
            const auto field = findNuclei(renderField(settings, seed * 1000 + std::uint64_t(i), &truth));
            const double density = truth / double(settings.sidePx * settings.sidePx);
            const double error = field.counted / field.frameAreaPx / density - 1;
            row.bias += error / fields, square += error * error / fields;
        }
        row.spread = std::sqrt(std::max(0.0, square - row.bias * row.bias));
        errors.push_back(row);
    }
    return errors;
}

} // namespace phloxine
